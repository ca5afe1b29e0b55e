package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/templates"
)

// templateArgument says what the template commands take.
const templateArgument = "TEMPLATE is a folder that holds a template.yaml, or a name that `cairn template list` shows."

// templateFolder is where a template lies.
type templateFolder struct {
	files fs.FS  // of its repository, or of the folder alone
	base  string // the template's folder in files
	label string // stands before file names in what is printed
	close func()
}

// openTemplate opens what TEMPLATE names: a folder on disk, else one of the library.
// A folder in a git repository may fetch what lies beside it there, as in Backstage.
func openTemplate(cmd *cobra.Command, arg string) (*templateFolder, error) {
	if info, err := os.Stat(arg); err == nil && info.IsDir() || strings.ContainsAny(arg, `/\`) || arg == "." {
		return openFolder(arg)
	}
	library, closing, err := openLibrary(cmd)
	if err != nil {
		return nil, err
	}
	files, err := library.Folder(arg)
	if err != nil {
		closing()
		return nil, err
	}
	return &templateFolder{files: files, base: ".", label: arg, close: closing}, nil
}

func openFolder(dir string) (*templateFolder, error) {
	at, err := filepath.Abs(dir)
	if err == nil {
		at, err = filepath.EvalSymlinks(at)
	}
	if err != nil {
		return nil, err
	}
	top := repositoryOf(at)
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	base, err := filepath.Rel(top, at)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &templateFolder{files: root.FS(), base: filepath.ToSlash(base), label: filepath.ToSlash(dir), close: func() { root.Close() }}, nil
}

// repositoryOf is the folder of the git repository that dir lies in, and dir itself
// when it lies in none.
func repositoryOf(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// read reads the template, or says what is wrong with it.
func (f *templateFolder) read() (*scaffold.Template, error) {
	own, err := fs.Sub(f.files, f.base)
	if err != nil {
		return nil, err
	}
	return readTemplate(own, f.label)
}

// openLibrary opens the templates that go by a name, with those of --templates first.
func openLibrary(cmd *cobra.Command) (templates.Library, func(), error) {
	dir, err := cmd.Flags().GetString("templates")
	if err != nil || dir == "" {
		return templates.NewLibrary(nil), func() {}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return templates.Library{}, nil, fmt.Errorf("--templates: %w", err)
	}
	return templates.NewLibrary(root.FS()), func() { root.Close() }, nil
}

// readTemplate reads the template of a folder, or says what is wrong with it.
func readTemplate(files fs.FS, label string) (*scaffold.Template, error) {
	folder, err := scaffold.ReadFolder(files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	file := path.Join(label, folder.File)
	if t := folder.Template; t != nil {
		t.File = file
		return t, nil
	}
	var all []error
	for _, p := range folder.Problems {
		all = append(all, fmt.Errorf("%s:%d:%d: %s", file, p.Line, p.Column, p.Message))
	}
	return nil, &exitError{exitFindings, errors.Join(all...)}
}

func newTemplateListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the templates that go by a name",
		Long:    "List shows the golden-path templates that Cairn brings and those of --templates, which come first.",
		Example: "  cairn template list\n  cairn template list --templates ../our-templates",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			library, closing, err := openLibrary(cmd)
			if err != nil {
				return err
			}
			defer closing()
			names, own, err := library.Names()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range names {
				files, err := library.Folder(name)
				if err != nil {
					return err
				}
				from, title := "built in", "cannot be read: cairn template lint says why"
				if own[name] {
					from = "yours"
				}
				if t, err := readTemplate(files, name); err == nil {
					title = t.Title
				}
				fmt.Fprintf(table, "%s\t%s\t%s\n", printable(name), from, printable(title))
			}
			return table.Flush()
		},
	}
}

func newTemplateCopyCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "copy NAME --out DIR",
		Short: "Copy a template into a folder, to make it your own",
		Long: `Copy writes the files of a template that goes by a name into a folder that must be empty or absent. Where
that folder lies in what --templates names, the copy stands in for the template of its name.`,
		Example: "  cairn template copy backend-service --out our-templates/backend-service",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("--out names the folder to fill")
			}
			library, closing, err := openLibrary(cmd)
			if err != nil {
				return err
			}
			defer closing()
			files, err := library.Folder(args[0])
			if err != nil {
				return err
			}
			if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
				return fmt.Errorf("%s is not empty: name a folder that is, or that is not there yet", out)
			}
			if err := os.CopyFS(out, files); err != nil {
				return fmt.Errorf("copy %s: %w", args[0], err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is in %s\n", args[0], out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`folder` to fill")
	return cmd
}
