package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
)

func newTemplateActionsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "actions",
		Short:   "List the actions that a template's steps can take",
		Example: "  cairn template actions\n  cairn template actions --format json | jq '.[] | select(.id == \"fetch:template\") | .input'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch format {
			case "text":
				return writeActions(cmd.OutOrStdout(), action.Pure(), scaffold.KnownActions())
			case "json":
				return writeActionsJSON(cmd.OutOrStdout(), action.Pure(), scaffold.KnownActions())
			}
			return fmt.Errorf("--format %q is none of text, json", format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json, which has the schemas")
	return cmd
}

func writeActions(out io.Writer, list []action.Action, known []scaffold.KnownAction) error {
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%s\n    %s\n", a.ID, a.Description)
		if err := writeFields(&b, a.Input); err != nil {
			return fmt.Errorf("the schema of %s: %w", a.ID, err)
		}
		if names := fields(a.Output); len(names) > 0 {
			fmt.Fprintf(&b, "    outputs: %s\n", strings.Join(names, ", "))
		}
	}
	var others []string
	for _, a := range known {
		others = append(others, a.ID)
	}
	fmt.Fprintf(&b, "\nKnown, but not available here; run prints what they would do:\n    %s\n", strings.Join(others, "\n    "))
	_, err := io.WriteString(out, b.String())
	return err
}

// fields are the names of a schema's properties.
func fields(schema json.RawMessage) []string {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(schema) == 0 || json.Unmarshal(schema, &s) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

func writeFields(b *strings.Builder, schema json.RawMessage) error {
	var s struct {
		Properties map[string]struct {
			Type        any    `json:"type"`
			Description string `json:"description"`
		} `json:"properties"`
		Required []string `json:"required"`
	}
	if len(schema) == 0 {
		return nil
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		kind := "any"
		switch t := s.Properties[name].Type.(type) {
		case string:
			kind = t
		case []any:
			kind = strings.Trim(strings.ReplaceAll(fmt.Sprint(t), " ", " or "), "[]")
		}
		if slices.Contains(s.Required, name) {
			kind += ", required"
		}
		fmt.Fprintf(b, "    %s (%s) %s\n", name, kind, s.Properties[name].Description)
	}
	return nil
}

// actionJSON is one action of the JSON list.
type actionJSON struct {
	ID          string           `json:"id"`
	Available   bool             `json:"available"`
	Description string           `json:"description,omitempty"`
	Input       json.RawMessage  `json:"input,omitempty"`
	Output      json.RawMessage  `json:"output,omitempty"`
	Outputs     []string         `json:"outputs,omitempty"` // names, where there is no schema
	Examples    []action.Example `json:"examples,omitempty"`
}

func writeActionsJSON(out io.Writer, list []action.Action, known []scaffold.KnownAction) error {
	var all []actionJSON
	for _, a := range list {
		all = append(all, actionJSON{ID: a.ID, Available: true, Description: a.Description, Input: a.Input, Output: a.Output, Examples: a.Examples})
	}
	for _, a := range known {
		all = append(all, actionJSON{ID: a.ID, Outputs: a.Outputs})
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}
