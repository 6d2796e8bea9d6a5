package mcp

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Common are the arguments of tools that ask a dump.
type Common struct {
	Dump string `json:"dump,omitempty" jsonschema:"path or file name; else the first dump"`
	Paged
}

// Paged are the arguments that bound an answer.
type Paged struct {
	Limit    int    `json:"limit,omitempty" jsonschema:"rows per table, else 20"`
	Cursor   string `json:"cursor,omitempty" jsonschema:"from \"more\" of an answer to the same call"`
	MaxBytes int    `json:"maxBytes,omitempty" jsonschema:"size of the answer"`
}

func (c *Common) common() *Common { return c }

// arguments of a tool are a struct that embeds Common.
type arguments[T any] interface {
	*T
	common() *Common
}

// question is one call of a tool on a dump.
type question struct {
	ctx      context.Context
	s        *Server
	k        *kept
	h        *graph.Heap
	opt      explore.Options
	limit    int
	cursor   cursor
	progress Progress
	command  []string // of the answer, without heapcause
}

// rows is how many rows of a table are wanted.
func (q *question) rows() int { return q.cursor.rows(q.limit) }

// says sets the command that prints the same; DUMP stands for the path of the dump.
func (q *question) says(words ...string) { q.command = words }

// top is the flag for as many rows.
func (q *question) top() string { return "--top=" + strconv.Itoa(q.rows()) }

// tool describes a tool.
type tool struct {
	name, title, text string
	schema            func(*jsonschema.Schema) // adds bounds; may be nil
}

// onHeap adds a tool that asks the graph of a dump.
func onHeap[T any, P arguments[T]](s *Server, t tool, ask func(q *question, in P) ([]report.Section, error)) error {
	return add(s, t, func(ctx context.Context, q *question, in *T) (string, []report.Section, error) {
		path, err := s.folders.resolve(P(in).common().Dump)
		if err != nil {
			return "", nil, err
		}
		sections, err := s.withHeap(ctx, path, q.progress, func(k *kept) ([]report.Section, error) {
			q.k, q.h, q.opt.Findings = k, k.h, k.findings
			return ask(q, P(in))
		})
		return path, sections, err
	}, func(in *T) *Paged { return &P(in).common().Paged })
}

// add adds a tool: its arguments are checked by their schema, its answer is cut to the budget.
func add[T any](s *Server, t tool, ask func(ctx context.Context, q *question, in *T) (path string, out []report.Section, err error), paged func(*T) *Paged) error {
	schema, err := inputSchema[T]()
	if err != nil {
		return err
	}
	if t.schema != nil {
		t.schema(schema)
	}
	closed := false
	sdk.AddTool(s.sdk, &sdk.Tool{
		Name: t.name, Title: t.title, Description: t.text, InputSchema: schema, OutputSchema: listedSchema,
		Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &closed},
	}, func(ctx context.Context, req *sdk.CallToolRequest, in T) (*sdk.CallToolResult, *Answer, error) {
		var a *Answer
		most := s.opt.MaxBytes
		err := s.work(ctx, func() (err error) {
			p := paged(&in)
			if p.MaxBytes > 0 {
				most = min(max(p.MaxBytes, LeastBytes), MostBytes)
			}
			a, err = answer(ctx, s, req, &in, p, most, ask)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: a.text(most)}}}, a, nil
	})
	return nil
}

// answer asks, and makes the answer of what came.
func answer[T any](ctx context.Context, s *Server, req *sdk.CallToolRequest, in *T, p *Paged, most int,
	ask func(ctx context.Context, q *question, in *T) (string, []report.Section, error),
) (*Answer, error) {
	c, err := parseCursor(p.Cursor)
	if err != nil {
		return nil, err
	}
	q := &question{ctx: ctx, s: s, limit: defaultLimit, cursor: c, progress: notifier(ctx, req)}
	if p.Limit > 0 {
		q.limit = min(p.Limit, mostLimit)
	}
	if err := q.explore(); err != nil {
		return nil, err
	}
	path, sections, err := ask(ctx, q, in)
	if err != nil {
		return nil, err
	}
	if sections, err = c.page(sections, q.limit); err != nil {
		return nil, err
	}
	a := &Answer{Dump: path, Command: s.command(q.command, path), Sections: sections, Masked: !s.opt.ShowValues}
	a.fit(c, most)
	return a, nil
}

// explore fills the options of the exploring functions.
func (q *question) explore() error {
	opt, err := q.s.opt.Analysis()
	if err != nil {
		return err
	}
	run := opt
	opt.Rules, opt.Inspections = nil, nil
	q.opt = explore.Options{Policy: redact.Policy{ShowValues: q.s.opt.ShowValues}, Top: q.rows(), Analysis: opt, Progress: q.progress}
	q.opt.Rules = rulesOf(run)
	return nil
}

// command writes a command line for a shell.
func (s *Server) command(words []string, path string) string {
	out := []string{"heapcause"}
	for _, w := range words {
		if w == "DUMP" {
			w = path
		}
		out = append(out, quote(w))
	}
	if s.opt.ShowValues {
		out = append(out, "--show-values")
	}
	return strings.Join(out, " ")
}

// quote puts a word into single quotes where a shell would take it for more than a word.
func quote(w string) string {
	plain := w != "" && strings.IndexFunc(w, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./:,@%+", r))
	}) < 0
	if plain {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// notifier tells the client of progress where it asked for that: each phase and each tenth of one.
func notifier(ctx context.Context, req *sdk.CallToolRequest) Progress {
	token := req.Params.GetProgressToken()
	if token == nil {
		return func(string, int64, int64) {}
	}
	var mu sync.Mutex
	phase, tenth, told := "", int64(-1), 0.0
	return func(name string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		at := int64(0)
		if total > 0 {
			at = 10 * min(done, total) / total
		}
		if name == phase && at <= tenth {
			return
		}
		phase, tenth = name, at
		told++
		_ = req.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{ProgressToken: token, Progress: told, Message: name})
	}
}
