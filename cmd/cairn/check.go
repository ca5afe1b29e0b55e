package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// checkOptions is one command line of `cairn check`.
type checkOptions struct {
	dir, path, policy, format string
}

// newCheckCommand judges a folder as the check run would judge it on GitHub. It
// exits 0 when compliant, exitFindings (1) when not, exitCannot (2) when it could
// not judge: the folder or the policy cannot be read, or no golden path applies.
func newCheckCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Say whether a folder or checkout is on its golden path",
		Long: "Judges a folder or git checkout as the check run on GitHub would, without asking GitHub.\n\n" +
			"Exit code 0: compliant. 1: not compliant, or partly. 2: could not check (the folder or the\n" +
			"policy cannot be read, or no golden path applies).",
		Example: "  cairn check\n  cairn check ../pay --path backend_service\n  cairn check --policy policy.yaml --format json | jq .score",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = "."
			if len(args) == 1 {
				o.dir = args[0]
			}
			return runCheck(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().StringVar(&o.path, "path", "", "judge by this golden path instead of choosing one")
	cmd.Flags().StringVar(&o.policy, "policy", "", "policy file (default: the built-in policy)")
	cmd.Flags().StringVar(&o.format, "format", "text", "text, json or markdown")
	return cmd
}

func runCheck(ctx context.Context, out io.Writer, o checkOptions) error {
	write, ok := map[string]func(io.Writer, judgement) error{
		"text": writeText, "json": writeJSON, "markdown": writeMarkdown,
	}[o.format]
	if !ok {
		return &exitError{exitCannot, fmt.Errorf("--format %q is none of text, json, markdown", o.format)}
	}
	policy, err := readPolicy(o.policy)
	if err != nil {
		return &exitError{exitCannot, err}
	}
	if _, ok := policy.Path(o.path); o.path != "" && !ok {
		return &exitError{exitCannot, fmt.Errorf("there is no golden path %q; there are %s", o.path, strings.Join(policy.Keys(), ", "))}
	}
	snapshot, err := repo.ReadDir(ctx, o.dir, checks.Want(policy).Merge(scorecard.Wants(policy.Scorecards)))
	if err != nil {
		return &exitError{exitCannot, fmt.Errorf("check %s: %w", o.dir, err)}
	}
	report := checks.Evaluate(checks.Input{Snapshot: snapshot, Policy: policy, Path: o.path})
	answer, _ := scorecard.OfService(snapshot, report, policy.Scorecards)
	if err := write(out, judgement{report, answer}); err != nil {
		return &exitError{exitCannot, fmt.Errorf("write the report: %w", err)}
	}
	switch {
	case report.Path == "":
		return &exitError{exitCannot, errors.New("no golden path applies; name one with --path: " + strings.Join(policy.Keys(), ", "))}
	case report.Status == checks.Partial || report.Status == checks.NonCompliant:
		return &exitError{Code: exitFindings}
	}
	return nil
}

// maxPolicyFile bounds what is read of a policy, in bytes.
const maxPolicyFile = 1 << 20

func readPolicy(file string) (*config.Policy, error) {
	if file == "" {
		return config.DefaultPolicy(), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPolicyFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return config.ParsePolicy(file, string(text))
}

// judgement is what is printed of one folder.
type judgement struct {
	report     checks.Report
	scorecards scorecard.Answer // without scorecards when no Component can be read
}

// writeJSON prints the Report, and beside its keys the scorecards.
func writeJSON(out io.Writer, j judgement) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		checks.Report
		Scorecards []scorecard.Result `json:"scorecards"`
	}{j.report, j.scorecards.Scorecards})
}

// writeMarkdown prints what the check run shows.
func writeMarkdown(out io.Writer, j judgement) error {
	o := checks.Render(checks.RenderInput{Report: j.report, Mode: config.Advise, Scorecards: scorecard.Markdown(j.scorecards)})
	_, err := fmt.Fprintf(out, "# %s\n\n%s\n%s", checks.Text(o.Title), o.Summary, o.Text)
	return err
}

// writeText prints for a terminal: a line per check, then what to mend and where,
// then the scorecards.
func writeText(out io.Writer, j judgement) error {
	if err := checks.WriteText(out, j.report, isTerminal(out)); err != nil {
		return err
	}
	if len(j.scorecards.Scorecards) == 0 {
		return nil
	}
	if _, err := io.WriteString(out, "\n"); err != nil {
		return err
	}
	return scorecard.WriteText(out, j.scorecards)
}

// isTerminal says whether colour is wanted (no-color.org).
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == ""
}
