package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/internal/catalog"
)

func newCatalogCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "catalog", Short: "Work with catalog files"}
	cmd.AddCommand(newCatalogValidateCommand())
	return cmd
}

// catalogValidate holds the options of `cairn catalog validate`.
type catalogValidate struct {
	format   string
	rules    []string
	location string
}

func newCatalogValidateCommand() *cobra.Command {
	var opts catalogValidate
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Judge every document of catalog files as Backstage does",
		Long: "Judge every document of catalog files as Backstage does, offline: $text, $json and $yaml are\n" +
			"not followed. '-' reads standard input. Exit 0 when all is well, 1 when a document is refused,\n" +
			"2 when a file cannot be read.",
		Example: "  cairn catalog validate catalog-info.yaml\n" +
			"  git ls-files '*catalog-info.yaml' | xargs cairn catalog validate --format jsonl",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error { return opts.run(cmd, files) }, //nolint:gocritic // the flags fill opts in later
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.format, "format", "text", "`text`, or jsonl: one JSON object per document")
	flags.StringSliceVar(&opts.rules, "rules", nil, "the only `kinds` allowed, such as Component,API; all when not given")
	flags.StringVar(&opts.location, "location", "", "where the files come from, such as `url:https://…`; it is put into the entities")
	return cmd
}

func (o catalogValidate) run(cmd *cobra.Command, files []string) error {
	if o.format != "text" && o.format != "jsonl" {
		return fmt.Errorf("--format is text or jsonl, not %q", o.format)
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	var total, refused int
	var unread []error
	for _, file := range files {
		data, err := readCatalogFile(cmd.InOrStdin(), file)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		for doc := range catalog.Each(file, data, catalog.Options{Kinds: o.rules, Location: o.location}) {
			total++
			if !doc.OK {
				refused++
			}
			if err := o.write(out, doc, data); err != nil {
				return err
			}
		}
	}
	if o.format == "text" {
		fmt.Fprintf(out, "%s, %d refused\n", count(total, "document"), refused)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the verdicts: %w", err)
	}
	switch {
	case len(unread) > 0:
		return &exitError{Code: exitCannot, Err: errors.Join(unread...)}
	case refused > 0:
		return &exitError{Code: exitFindings}
	}
	return nil
}

func (o catalogValidate) write(out io.Writer, doc catalog.Document, source []byte) error {
	if o.format == "text" {
		return doc.WriteProblems(out, source)
	}
	line, err := doc.AppendJSON(nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doc.File, err)
	}
	_, err = fmt.Fprintf(out, "%s\n", line)
	return err
}

// readCatalogFile reads one argument of the command line. It reads one byte more
// than is allowed, so that the verdict can say that a file is too large.
func readCatalogFile(in io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(in, catalog.MaxBytes+1))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, catalog.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
