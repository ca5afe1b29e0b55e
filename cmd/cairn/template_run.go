package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// templateRun is one command line of `cairn template run`.
type templateRun struct {
	dir, values, secrets, out, user string
	dryRun                          bool
	timeout                         time.Duration
}

func newTemplateRunCommand() *cobra.Command {
	var o templateRun
	cmd := &cobra.Command{
		Use:   "run TEMPLATE --values FILE --out DIR",
		Short: "Run a template into a folder",
		Long: `Run executes a template with the values of a YAML or JSON file. Steps that need nothing but
files run; of the others it prints what they would do, with their inputs. The folder --out must be empty
or absent, and is filled in one step at the end: a run that fails leaves nothing.

` + templateArgument + `

Exit code 0: it ran. 1: the values, the template or a step are not right. 2: it could not run.`,
		Example: "  cairn template run backend-service --values pay.yaml --out ../pay\n  cairn template run backend-service --values pay.yaml --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = args[0]
			return o.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.values, "values", "", "YAML or JSON `file` with the parameters; - reads standard input")
	flags.StringVar(&o.secrets, "secrets", "", "YAML or JSON `file` with the secrets; they are kept out of what is printed")
	flags.StringVar(&o.out, "out", "", "`folder` to fill")
	flags.StringVar(&o.user, "user", "", "who runs it, as an entity `ref` such as user:default/jane")
	flags.BoolVar(&o.dryRun, "dry-run", false, "leave no files; list what there would be")
	flags.DurationVar(&o.timeout, "timeout", scaffold.DefaultLimits().Time, "how long the run may take")
	return cmd
}

func (o templateRun) run(cmd *cobra.Command) error {
	if o.out == "" && !o.dryRun {
		return errors.New("--out names the folder to fill; --dry-run needs none")
	}
	debug.SetMemoryLimit(renderMemory)
	folder, err := openTemplate(cmd, o.dir)
	if err != nil {
		return err
	}
	defer folder.close()
	t, err := folder.read()
	if err != nil {
		return err
	}
	values, err := o.read(cmd.InOrStdin(), o.values)
	if err != nil {
		return err
	}
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	stage, err := o.stage()
	if err != nil {
		return err
	}
	options.Source, options.Workspace = action.NewLocal(folder.files, folder.base), stage.Workspace
	show := &progress{out: cmd.OutOrStdout(), live: isTerminal(cmd.OutOrStdout())}
	options.Observer = show.event
	result, err := scaffold.Run(cmd.Context(), t, values, options)
	if err != nil {
		err = errors.Join(err, stage.Discard())
		if cmd.Context().Err() != nil {
			return &exitError{exitCannot, err}
		}
		return &exitError{exitFindings, err}
	}
	if o.dryRun {
		show.files(stage.Workspace)
		show.output(result.Output)
		return stage.Discard()
	}
	files, err := countFiles(stage.Workspace.FS())
	if err != nil {
		return errors.Join(err, stage.Discard())
	}
	if err := stage.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(show.out, "%s in %s\n", count(files, "file"), o.out)
	show.output(result.Output)
	return nil
}

// stage is where the run works: beside --out, or in a temporary folder.
func (o templateRun) stage() (*scaffold.Stage, error) {
	out := o.out
	if o.dryRun {
		out = filepath.Join(os.TempDir(), fmt.Sprintf("cairn-dry-run-%d", os.Getpid()))
	}
	return scaffold.NewStage(out, action.DefaultLimits())
}

func (o templateRun) options(cmd *cobra.Command) (scaffold.Options, error) {
	limits := scaffold.DefaultLimits()
	limits.Time = o.timeout
	options := scaffold.Options{Actions: action.Pure(), DryRun: o.dryRun, TaskID: "local", Limits: &limits}
	if o.user != "" {
		ref, err := catalog.ParseRef(o.user, "user", "default")
		if err != nil {
			return options, fmt.Errorf("--user: %w", err)
		}
		options.User = userOf(ref)
	}
	if o.secrets == "" {
		return options, nil
	}
	secrets, err := o.read(cmd.InOrStdin(), o.secrets)
	if err != nil {
		return options, err
	}
	options.Secrets = map[string]string{}
	for _, name := range secrets.Keys() {
		text, ok := secrets.Get(name).(string)
		if !ok {
			return options, fmt.Errorf("--secrets: %s is not a text", name)
		}
		options.Secrets[name] = text
	}
	return options, nil
}

// userOf is what a template sees of its user, as far as the name says it.
func userOf(ref catalog.Ref) *nunjucks.Object {
	set := func(pairs ...any) *nunjucks.Object {
		o := nunjucks.NewObject()
		for pair := range slices.Chunk(pairs, 2) {
			o.Set(pair[0].(string), pair[1])
		}
		return o
	}
	return set("ref", ref.String(), "entity", set(
		"apiVersion", "backstage.io/v1alpha1", "kind", "User",
		"metadata", set("name", ref.Name, "namespace", ref.Namespace),
		"spec", set("profile", nunjucks.NewObject(), "memberOf", nunjucks.NewArray())))
}

// read reads a file of values; no name is no values.
func (o templateRun) read(in io.Reader, name string) (*nunjucks.Object, error) {
	if name == "" {
		return nunjucks.NewObject(), nil
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, scaffold.MaxValuesBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return scaffold.ReadValues(name, data)
}

func countFiles(files fs.FS) (n int, err error) {
	err = fs.WalkDir(files, ".", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	return n, err
}

// files lists what a run left in its workspace.
func (p *progress) files(w *action.Workspace) {
	fmt.Fprintln(p.out, "It would leave:")
	err := fs.WalkDir(w.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = fmt.Fprintf(p.out, "  %s\n", printable(name))
		return err
	})
	if err != nil {
		fmt.Fprintf(p.out, "  (%s)\n", printable(err.Error()))
	}
}

// output shows the links and texts of a run.
func (p *progress) output(o *nunjucks.Object) {
	items := func(key string) []*nunjucks.Object {
		var found []*nunjucks.Object
		list, _ := o.Get(key).(*nunjucks.Array)
		if list == nil {
			return nil
		}
		for _, item := range list.Items {
			if o, ok := item.(*nunjucks.Object); ok {
				found = append(found, o)
			}
		}
		return found
	}
	text := func(o *nunjucks.Object, key string) string {
		s, _ := o.Get(key).(string)
		return printable(s)
	}
	for _, link := range items("links") {
		fmt.Fprintf(p.out, "%s: %s\n", text(link, "title"), strings.TrimSpace(text(link, "url")+" "+text(link, "entityRef")))
	}
	for _, block := range items("text") {
		fmt.Fprintf(p.out, "%s\n%s\n", text(block, "title"), text(block, "content"))
	}
}
