// Package jsonl answers requests to render templates, one JSON object a line: the
// protocol of `cairn template render --jsonl`, by which other programs compare
// Cairn's language with nunjucks's.
//
// It never ends at a bad line: that is an answer with an error too. Start from
// [Server].
package jsonl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// requestTime is how long one request may take.
const requestTime = 1500 * time.Millisecond

// maxLine is the longest request in bytes: a template at its limit, escaped, with
// its context.
const maxLine = 32 << 20

// Server answers requests in order. It keeps an engine for each set of options.
type Server struct {
	// Integrations are the hosts that parseRepoUrl knows, as in nunjucks.Options.
	Integrations map[string]string

	engines map[string]*nunjucks.Engine
}

// maxEngines bounds how many sets of options are kept at once.
const maxEngines = 64

// request is one line. Input, Context and ID are any JSON.
type request struct {
	ID       json.RawMessage `json:"id"`
	Mode     string          `json:"mode"` // render (default) or value
	Template json.RawMessage `json:"template"`
	Input    json.RawMessage `json:"input"`
	Context  json.RawMessage `json:"context"`
	Opts     json.RawMessage `json:"opts"`
}

// options are a request's opts. Without any, render is plain nunjucks and value is
// Backstage.
type options struct {
	Autoescape       *bool         `json:"autoescape"` // default true
	TrimBlocks       bool          `json:"trimBlocks"`
	LstripBlocks     bool          `json:"lstripBlocks"`
	ThrowOnUndefined bool          `json:"throwOnUndefined"`
	Tags             nunjucks.Tags `json:"tags"`
	JinjaCompat      bool          `json:"jinjaCompat"`
	Cookiecutter     bool          `json:"cookiecutter"`
	BackstageFilters bool          `json:"backstageFilters"`
	StatusGlobals    bool          `json:"statusGlobals"` // always() is true, failure() is false
}

// Serve reads requests from in until it ends and writes the answers to out, each
// flushed before the next line is read. The error is of reading or writing, or the
// context's.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	w := bufio.NewWriter(out)
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(lines.Bytes()) == 0 {
			continue
		}
		if _, err := w.Write(append(s.answer(ctx, lines.Bytes()), '\n')); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading a request: %w", err)
	}
	return nil
}

// answer is the answer to one line, as JSON.
func (s *Server) answer(ctx context.Context, line []byte) []byte {
	var r request
	result := nunjucks.NewObject()
	if err := json.Unmarshal(line, &r); err != nil {
		result.Set("error", "the line is not a request: "+err.Error())
		return encode(result)
	}
	if r.ID != nil {
		if id, err := nunjucks.DecodeJSON(r.ID); err == nil {
			result.Set("id", id)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	v, err := s.do(ctx, &r)
	switch {
	case err != nil:
		result.Set("error", err.Error())
	case v == nunjucks.Undefined{}:
		result.Set("undefined", true)
	default:
		result.Set("output", v)
	}
	return encode(result)
}

// encode is an answer as JSON. What it holds always has a JSON form.
func encode(o *nunjucks.Object) []byte {
	b, err := nunjucks.EncodeJSON(o)
	if err != nil {
		o.Delete("output")
		o.Set("error", err.Error())
		b, _ = nunjucks.EncodeJSON(o)
	}
	return b
}

func (s *Server) do(ctx context.Context, r *request) (nunjucks.Value, error) {
	engine, err := s.engine(r)
	if err != nil {
		return nil, err
	}
	vars, err := object(r.Context)
	if err != nil {
		return nil, err
	}
	if r.Mode == "value" {
		if r.Input == nil {
			return nunjucks.Undefined{}, nil
		}
		input, err := nunjucks.DecodeJSON(r.Input)
		if err != nil {
			return nil, fmt.Errorf("reading input: %w", err)
		}
		return engine.RenderValue(ctx, input, vars, nil)
	}
	template, err := nunjucks.DecodeJSON(r.Template)
	if err != nil {
		return nil, fmt.Errorf("reading template: %w", err)
	}
	source, ok := template.(string)
	if !ok {
		return nil, errors.New("template must be a string")
	}
	return engine.Render(ctx, source, vars)
}

// object reads a context: an object, or nothing.
func object(data json.RawMessage) (*nunjucks.Object, error) {
	if data == nil {
		return nil, nil
	}
	v, err := nunjucks.DecodeJSON(data)
	if err != nil {
		return nil, fmt.Errorf("reading context: %w", err)
	}
	o, ok := v.(*nunjucks.Object)
	if !ok && v != nil {
		return nil, errors.New("context must be an object")
	}
	return o, nil
}

// engine is the one for the request's options.
func (s *Server) engine(r *request) (*nunjucks.Engine, error) {
	key := string(r.Opts)
	if r.Opts == nil {
		key = r.Mode
	}
	if e := s.engines[key]; e != nil {
		return e, nil
	}
	opts, err := s.options(r)
	if err != nil {
		return nil, err
	}
	if s.engines == nil || len(s.engines) >= maxEngines {
		s.engines = map[string]*nunjucks.Engine{}
	}
	s.engines[key] = nunjucks.New(opts)
	return s.engines[key], nil
}

func (s *Server) options(r *request) (nunjucks.Options, error) {
	if r.Opts == nil && r.Mode == "value" {
		opts := nunjucks.Backstage()
		opts.Integrations = s.Integrations
		return opts, nil
	}
	var o options
	if r.Opts != nil {
		if err := json.Unmarshal(r.Opts, &o); err != nil {
			return nunjucks.Options{}, fmt.Errorf("reading opts: %w", err)
		}
	}
	opts := nunjucks.Options{
		Autoescape:       o.Autoescape == nil || *o.Autoescape,
		TrimBlocks:       o.TrimBlocks,
		LstripBlocks:     o.LstripBlocks,
		ThrowOnUndefined: o.ThrowOnUndefined,
		Tags:             o.Tags,
		JinjaCompat:      o.JinjaCompat,
		Cookiecutter:     o.Cookiecutter,
	}
	if o.BackstageFilters && !o.Cookiecutter {
		opts.Integrations = s.Integrations
	}
	if o.StatusGlobals {
		opts.Globals = map[string]*nunjucks.Func{"always": constant("always", true), "failure": constant("failure", false)}
	}
	return opts, nil
}

// constant is a global function that always gives v.
func constant(name string, v bool) *nunjucks.Func {
	return nunjucks.Function(name, func([]nunjucks.Value) (nunjucks.Value, error) { return v, nil })
}
