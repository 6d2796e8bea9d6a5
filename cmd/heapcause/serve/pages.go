package serve

import (
	"bytes"
	"context"
	_ "embed" // the templates
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"heapcause/analyze/explore"
	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/html"
)

//go:embed pages.gohtml
var pageText string

//go:embed serve.css
var style string

//go:embed serve.js
var script string

// file is a file that pages load.
type file struct{ kind, text string }

var files = map[string]file{
	"/style.css": {"text/css; charset=utf-8", html.Style() + style},
	"/page.js":   {"text/javascript; charset=utf-8", html.Script()},
	"/icon.svg":  {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#2f6fb4" d="M0 0h5v8H0z"/><path fill="#b8860b" d="M5 0h3v4H5z"/><path fill="#3a9a6b" d="M5 4h3v4H5z"/></svg>`},
	"/serve.js":  {"text/javascript; charset=utf-8", script},
}

// view is what a page is made from.
type view struct {
	Page, Title string
	Of          string // the selector that the page is about
	File        string
	Form        map[string]string
	Sections    []section
	Report      *report.Report
	Children    *children
	Above       []report.TreeNode
	Data        any    // of the treemap
	Plan        string // of a query
	Error, Hint string
	ShowValues  bool
}

// children are nodes of the dominator tree.
type children struct {
	report.List[report.TreeNode]
	Of    string // the selector of their parent, "" for the root
	Total int64  // bytes, that shares are of
	More  int    // rows to ask for next, 0 when there are no more
}

// asker fills a page.
type asker func(s *Server, ctx context.Context, r *http.Request, v *view) error

// page is a page by its template.
type page struct {
	template, title string
	ask             asker
}

var pages = map[string]page{
	"/":         {"report", "Report", (*Server).askReport},
	"/tree":     {"tree", "Dominator tree", (*Server).askTree},
	"/children": {"children", "", (*Server).askTree},
	"/treemap":  {"treemap", "Treemap", (*Server).askTreemap},
	"/show":     {"sections", "Object", (*Server).askShow},
	"/refs":     {"sections", "References", (*Server).askRefs},
	"/path":     {"sections", "Paths", (*Server).askPath},
	"/retained": {"retained", "What would be freed", (*Server).askRetained},
	"/find":     {"find", "Find", (*Server).askFind},
	"/query":    {"query", "Query", (*Server).askQuery},
	"/complete": {"", "", nil},
}

// Rows of a table: at first, and where more are asked for.
const (
	rowsAtFirst = 50
	rowsAtMost  = 2000
)

// options are those of the commands, with as many rows as asked for.
func (s *Server) options(r *http.Request) explore.Options {
	opt := s.opt.Explore
	opt.Top = rowsAtFirst
	if n, err := strconv.Atoi(r.FormValue("top")); err == nil && n > 0 {
		opt.Top = min(n, rowsAtMost)
	}
	opt.Progress = nil
	return opt
}

// answer makes a page whole before it sends any of it.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, p page) {
	if p.ask == nil {
		s.complete(w, r)
		return
	}
	v := s.view(r, p)
	err := p.ask(s, r.Context(), r, v)
	if changed := s.heap.File().Changed(); err == nil && changed != nil {
		err = changed
	}
	if broken := s.heap.Err(); broken != nil { // then whatever it said is void
		err = fmt.Errorf("the index is damaged: end the server and begin again (%w)", broken)
	}
	if err == nil {
		err = r.Context().Err()
	}
	status := http.StatusOK
	if err != nil {
		status = statusOf(err)
		v.Error, v.Hint = message(err)
		v.Sections, v.Report, v.Children = nil, nil, nil
		if p.template != "query" && p.template != "find" && p.template != "retained" {
			p.template = "sections"
		}
	}
	s.render(w, status, p.template, v)
}

func (s *Server) view(r *http.Request, p page) *view {
	v := &view{Page: r.URL.Path, Title: p.title, Of: r.FormValue("of"), Form: map[string]string{}, ShowValues: s.opt.Explore.Policy.ShowValues}
	v.File = filepath.Base(s.heap.File().Path)
	for _, k := range []string{"string", "value", "class", "set", "without", "q", "exclude", "top"} {
		v.Form[k] = r.FormValue(k)
	}
	return v
}

func (s *Server) render(w http.ResponseWriter, status int, name string, v *view) {
	var b bytes.Buffer
	if err := s.template.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, "internal error: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.send(w, status, "text/html; charset=utf-8", b.Bytes())
}

// fail sends a page that says what is wrong.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, err error, hint string) {
	v := s.view(r, page{title: http.StatusText(status)})
	v.Error, v.Hint = err.Error(), hint
	s.render(w, status, "sections", v)
}

// statusOf tells mistakes of who asked from others.
func statusOf(err error) int {
	var sel *explore.SelectorError
	var bound *query.BoundError
	_, asked := query.AsError(err)
	switch {
	case asked, errors.As(err, &sel), errors.As(err, &bound), errors.Is(err, errAsk):
		return http.StatusBadRequest
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// errAsk is the error of a form that is not filled in as it is to be.
var errAsk = errors.New("")

// message is what people are told of an error.
func message(err error) (text, hint string) {
	var sel *explore.SelectorError
	var bound *query.BoundError
	text = err.Error()
	if e, ok := query.AsError(err); ok {
		return text, e.Hint
	}
	switch {
	case errors.As(err, &sel):
		hint = sel.Hint
	case errors.As(err, &bound):
		hint = bound.Hint
	case errors.Is(err, context.DeadlineExceeded):
		text = fmt.Sprintf("no answer after %s", answerTime)
	}
	return text, hint
}

// resolve finds what the page is about.
func (s *Server) resolve(ctx context.Context, r *http.Request, v *view) (explore.Selection, explore.Options, error) {
	opt := s.options(r)
	if strings.TrimSpace(v.Of) == "" {
		return explore.Selection{}, opt, &explore.SelectorError{Text: "no object is named", Hint: "0x7f00a1b2c8, java.util.Timer#2, java.util.Timer, @static:com.acme.Cache.entries, @thread:main or @finding:1"}
	}
	sel, err := explore.Resolve(ctx, s.heap, v.Of, opt)
	if err == nil {
		v.Title += ": " + sel.Text
	}
	return sel, opt, err
}

func (s *Server) askShow(ctx context.Context, r *http.Request, v *view) error {
	sel, opt, err := s.resolve(ctx, r, v)
	if err != nil {
		return err
	}
	sec, err := explore.Show(ctx, s.heap, &sel, explore.ShowOptions{Options: opt, Raw: r.FormValue("raw") != ""})
	v.Sections = s.sections(sec)
	return err
}

func (s *Server) askRefs(ctx context.Context, r *http.Request, v *view) error {
	sel, opt, err := s.resolve(ctx, r, v)
	if err != nil {
		return err
	}
	sec, err := explore.Refs(ctx, s.heap, &sel, explore.RefsOptions{Options: opt, ByClass: r.FormValue("by") == "class"})
	v.Sections = s.sections(sec)
	return err
}

func (s *Server) askPath(ctx context.Context, r *http.Request, v *view) error {
	sel, opt, err := s.resolve(ctx, r, v)
	if err != nil {
		return err
	}
	all, err := explore.Paths(ctx, s.heap, &sel, explore.PathOptions{Max: 5, Exclude: words(v.Form["exclude"])}, opt)
	v.Sections = s.sections(all...)
	return err
}

func (s *Server) askRetained(ctx context.Context, r *http.Request, v *view) (err error) {
	opt := s.options(r)
	ro := explore.RetainedOptions{Without: words(v.Form["without"])}
	set := strings.TrimSpace(v.Form["set"])
	if set == "" && len(ro.Without) == 0 {
		return nil
	}
	if set != "" {
		if ro.Set, ro.SetText, err = explore.ObjectsOf(ctx, s.heap, set, opt); err != nil {
			return err
		}
	}
	all, err := explore.Retained(ctx, s.heap, ro, opt)
	v.Sections = s.sections(all...)
	return err
}

func (s *Server) askFind(ctx context.Context, r *http.Request, v *view) (err error) {
	opt := explore.FindOptions{Options: s.options(r), Class: strings.TrimSpace(v.Form["class"])}
	switch {
	case v.Form["string"] == "" && v.Form["value"] == "":
		return nil
	case v.Form["string"] != "" && v.Form["value"] != "":
		return fmt.Errorf("a text or a field, not both%w", errAsk)
	case v.Form["string"] != "":
		if opt.String, err = regexp.Compile(v.Form["string"]); err != nil {
			return fmt.Errorf("%w%w", err, errAsk)
		}
	default:
		c, err := explore.ParseCondition(v.Form["value"])
		if err != nil {
			return err
		}
		opt.Conditions = append(opt.Conditions, c)
	}
	sec, err := explore.Find(ctx, s.heap, opt)
	v.Sections = s.sections(sec)
	return err
}

func (s *Server) askQuery(ctx context.Context, r *http.Request, v *view) error {
	text := v.Form["q"]
	if strings.TrimSpace(text) == "" {
		return nil
	}
	opt := query.Options{ShowValues: s.opt.Explore.Policy.ShowValues, MaxRows: s.opt.MaxRows, Workers: s.opt.Explore.Analysis.Workers}
	if r.FormValue("explain") != "" {
		p, err := query.Prepare(ctx, s.heap, text, opt)
		if err == nil {
			v.Plan = p.Explain()
		}
		return err
	}
	sec, err := query.Section(ctx, s.heap, text, opt)
	if err == nil {
		v.Sections = s.sections(*sec)
	}
	return err
}

// complete sends what may stand at a place of a query.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	pos, err := strconv.Atoi(r.FormValue("pos"))
	if err != nil {
		pos = len(r.FormValue("q"))
	}
	words := query.Complete(s.heap, r.FormValue("q"), pos)
	b, err := json.Marshal(append([]string{}, words...))
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	s.send(w, http.StatusOK, "application/json", b)
}

func (s *Server) askReport(ctx context.Context, _ *http.Request, v *view) (err error) {
	if v.Report, err = s.analysed(ctx); err == nil {
		v.Sections = s.sections(v.Report.Sections...)
	}
	return err
}

func (s *Server) askTreemap(ctx context.Context, _ *http.Request, v *view) error {
	r, err := s.analysed(ctx)
	if err == nil {
		v.Data, v.Report = html.TreeData(r), r
	}
	return err
}

// maxAbove is how many dominators above an object are listed.
const maxAbove = 30

func (s *Server) askTree(ctx context.Context, r *http.Request, v *view) error {
	opt := s.options(r)
	o := graph.NoObject
	if v.Of != "" {
		sel, _, err := s.resolve(ctx, r, v)
		if err != nil {
			return err
		}
		one, ok := sel.One()
		if !ok {
			return &explore.SelectorError{Text: sel.Text + " is not one object", Hint: "name one: Class#1, or its address"}
		}
		o = one
		for _, d := range explore.DominatorChain(s.heap, o, maxAbove) {
			v.Above = append(v.Above, explore.Node(s.heap, d))
		}
	}
	list, err := explore.Children(ctx, s.heap, o, opt)
	if err != nil {
		return err
	}
	c := &children{List: list, Of: v.Of, Total: s.heap.Total(graph.Unreachable).Bytes}
	if list.Omitted > 0 && opt.Top < rowsAtMost {
		c.More = min(opt.Top*8, rowsAtMost)
	}
	v.Children = c
	return nil
}

// words splits a list with commas.
func words(s string) (out []string) {
	for w := range strings.SplitSeq(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}
