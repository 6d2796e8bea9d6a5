package mcp

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/inspect"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/tables"
)

// reportRows of each list are kept in the report of a dump.
const reportRows = 50

// report returns the report of the dump.
func (q *question) report() (*report.Report, error) {
	return q.k.reportOf(q.ctx, func(ctx context.Context, h *graph.Heap) (*report.Report, error) {
		return q.s.run(ctx, h, q.progress)
	})
}

// run makes a report.
func (s *Server) run(ctx context.Context, h *graph.Heap, p Progress) (*report.Report, error) {
	opt, err := s.opt.Analysis()
	if err != nil {
		return nil, err
	}
	opt.Top, opt.ShowValues, opt.Progress = reportRows, s.opt.ShowValues, p
	r, err := analyze.Run(ctx, h, opt)
	if err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("internal: %w", err)
	}
	return r, nil
}

// named gives a table of the report its title.
func named(r *report.Report, name, title string) (report.Table, error) {
	t, err := tables.Of(r, name)
	if err != nil {
		return report.Table{}, err
	}
	t.Title = title
	return *t, nil
}

// tablesOf appends tables of the report, by name and title in turn.
func tablesOf(out *report.Section, r *report.Report, names ...string) error {
	for i := 0; i < len(names); i += 2 {
		t, err := named(r, names[i], names[i+1])
		if err != nil {
			return err
		}
		t.Rows = slices.Clone(t.Rows)
		out.Tables = append(out.Tables, t)
	}
	return nil
}

func openDump(q *question, _ *OpenIn) ([]report.Section, error) {
	q.says("analyze", "DUMP", "--rules=none")
	h := q.h
	r := analyze.Header(h, q.opt.Analysis)
	out := report.Section{Name: "dump", Title: "Heap dump " + r.Dump.File}
	total := h.Total(graph.Unreachable)
	held := report.Table{Name: "retention", Title: "How objects are held", Columns: report.Rows[string]{"held", "objects", "bytes"}}
	for s, t := range h.Totals() {
		held.Rows = append(held.Rows, report.Rows[report.Value]{report.Name(graph.Strength(s).String()), report.Count(t.Objects), report.Bytes(t.Bytes)})
	}
	out.Summary = fmt.Sprintf("%s, class objects included, of %s.", analyze.Plural(total.Objects, "object"), analyze.Size(total.Bytes))
	out.Facts = append(out.Facts,
		analyze.Fact("objects", report.Count(total.Objects)), analyze.Fact("bytes", report.Bytes(total.Bytes)),
		analyze.Fact("classes", report.Count(int64(h.NumClasses()))), analyze.Fact("threads", report.Count(int64(len(h.Threads())))),
		analyze.Fact("GC roots", report.Count(int64(len(h.Roots())))), analyze.Fact("size of the file", report.Bytes(r.Dump.Bytes)))
	if r.Dump.JVM != "" {
		out.Facts = append(out.Facts, analyze.Fact("JVM", report.Name(r.Dump.JVM)))
	}
	if r.Dump.Incomplete {
		out.Notes = append(out.Notes, fmt.Sprintf("The dump is incomplete: %s.", analyze.Plural(r.Dump.Problems.Total(), "damaged place")))
	}
	out.Tables = append(out.Tables, held)
	return []report.Section{out}, nil
}

func summarize(q *question, _ *OpenIn) ([]report.Section, error) {
	r, err := q.report()
	if err != nil {
		return nil, err
	}
	q.says("analyze", "DUMP", "--top="+strconv.Itoa(reportRows))
	out := report.Section{Name: "summary", Title: "Heap dump " + r.Dump.File, Summary: "The rules found nothing."}
	if len(r.Findings) > 0 {
		out.Summary = r.Findings[0].Title
	}
	out.Facts = append(out.Facts, analyze.Fact("objects", report.Count(r.Counts.Objects)), analyze.Fact("bytes", report.Bytes(r.Counts.Bytes)),
		analyze.Fact("findings", report.Count(int64(len(r.Findings)))))
	if r.Dump.JVM != "" {
		out.Facts = append(out.Facts, analyze.Fact("JVM", report.Name(r.Dump.JVM)))
	}
	if r.Dump.Incomplete {
		out.Notes = append(out.Notes, "The dump is incomplete: what is missing may matter.")
	}
	out.Notes = append(out.Notes, r.Notes...)
	if err := tablesOf(&out, r, "findings", "Findings", "retention", "How objects are held", "classes", "Classes by retained size",
		"objects", "Objects by retained size", "packages", "Packages by retained size"); err != nil {
		return nil, err
	}
	if q.cursor.table == "" {
		for i := range out.Tables {
			if t := &out.Tables[i]; t.Name != "findings" && t.Name != "retention" {
				cutTable(t, 5)
			}
		}
	}
	return []report.Section{out}, nil
}

// FindingsIn are the arguments of findings.
type FindingsIn struct {
	Common
	Finding string `json:"finding,omitempty" jsonschema:"number of a finding, from 1, or the first digits (six or more) of its signature"`
}

func findings(q *question, in *FindingsIn) ([]report.Section, error) {
	r, err := q.report()
	if err != nil {
		return nil, err
	}
	q.says("analyze", "DUMP", "--top="+strconv.Itoa(reportRows))
	if in.Finding != "" {
		n, err := findingOf(r, in.Finding)
		if err != nil {
			return nil, err
		}
		return []report.Section{findingSection(n+1, &r.Findings[n])}, nil
	}
	q.says("analyze", "DUMP", "-f", "csv", "--table", "findings")
	out := report.Section{Name: "findings", Title: "Findings", Summary: analyze.Plural(int64(len(r.Findings)), "finding") + ", the most severe and largest first."}
	if err := tablesOf(&out, r, "findings", "Findings"); err != nil {
		return nil, err
	}
	return []report.Section{out}, nil
}

// findingOf finds a finding by number or signature.
func findingOf(r *report.Report, which string) (int, error) {
	if n, err := strconv.Atoi(which); err == nil && len(which) < 6 {
		if n >= 1 && n <= len(r.Findings) {
			return n - 1, nil
		}
		return 0, fmt.Errorf("finding %d: there are %d", n, len(r.Findings))
	}
	if len(which) >= 6 {
		for i := range r.Findings {
			if strings.HasPrefix(r.Findings[i].Signature, strings.ToLower(which)) {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("finding %.60q: is neither a number from 1 to %d nor the beginning of a signature", which, len(r.Findings))
}

// findingSection is all on one finding.
func findingSection(n int, f *report.Finding) report.Section {
	out := report.Section{Name: "finding", Title: fmt.Sprintf("Finding %d: %s", n, f.Rule), Summary: f.Title}
	out.Facts = append(out.Facts,
		analyze.Fact("severity", report.Name(string(f.Severity))), analyze.Fact("confidence", report.Name(string(f.Confidence))),
		analyze.Fact("retained size", report.Bytes(f.Retained)), analyze.Fact("share of the heap", report.Share(f.RetainedShare)),
		analyze.Fact("objects concerned", report.Count(f.Objects)), analyze.Fact("anchor", report.Name(f.Anchor)), analyze.Fact("signature", report.Name(f.Signature)))
	out.Facts = append(out.Facts, f.Facts...)
	path := report.Table{Name: "path", Title: "Path from a GC root", Columns: report.Rows[string]{"by", "class", "address", "note", "retained", "alike"}}
	for _, s := range f.Path {
		path.Rows = append(path.Rows, report.Rows[report.Value]{
			report.Name(s.Label), report.Name(s.Class), address(s.Address), report.Name(s.Note), report.Bytes(s.Retained), report.Count(max(s.Repeat, 1)),
		})
	}
	if len(path.Rows) > 0 {
		out.Tables = append(out.Tables, path)
	}
	for i, t := range f.Tables {
		if t.Name == "" {
			t.Name = fmt.Sprintf("table-%d", i+1)
		}
		out.Tables = append(out.Tables, t)
	}
	out.Tables = append(out.Tables, evidence(f)...)
	out.Notes = append(out.Notes, f.Story...)
	for _, r := range f.Related {
		out.Notes = append(out.Notes, r.Rule+": "+r.Text)
	}
	for _, fix := range f.Fix {
		out.Notes = append(out.Notes, "To do: "+fix)
	}
	if f.Falsifier != "" {
		out.Notes = append(out.Notes, "Would be wrong if: "+f.Falsifier)
	}
	return out
}

// evidence is a table of the objects to look at, and their fields.
func evidence(f *report.Finding) []report.Table {
	t := report.Table{Name: "evidence", Title: "Objects to look at", Columns: report.Rows[string]{"address", "class", "note", "retained", "field", "value"}}
	for _, e := range f.Evidence.Rows {
		row := report.Rows[report.Value]{address(e.Address), report.Name(e.Class), report.Name(e.Note), report.Bytes(e.Retained)}
		if len(e.Fields) == 0 {
			t.Rows = append(t.Rows, append(row, report.Value{}, report.Value{}))
		}
		for _, x := range e.Fields {
			t.Rows = append(t.Rows, append(slices.Clone(row), report.Name(x.Label), x.Value))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []report.Table{t}
}

func address(a report.Address) report.Value {
	if a == 0 {
		return report.Value{}
	}
	return report.Object(a)
}

// HistogramIn are the arguments of histogram.
type HistogramIn struct {
	Common
	Pattern string `json:"pattern,omitempty" jsonschema:"regular expression (RE2) on names of classes"`
	By      string `json:"by,omitempty" jsonschema:"what comes first: shallow (when left out), retained or instances"`
}

func histogram(q *question, in *HistogramIn) ([]report.Section, error) {
	re, err := regexp.Compile(in.Pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	q.says("analyze", "DUMP", "--rules=none", "-f", "csv", "--table", "histogram", q.top())
	var groups []graph.Group
	var shallow, instances int64
	for _, g := range q.h.Classes() {
		if re.MatchString(g.Name) {
			groups = append(groups, g)
			shallow += g.Shallow
			instances += g.Instances
		}
	}
	slices.SortFunc(groups, func(a, b graph.Group) int {
		first := cmp.Compare(b.Shallow, a.Shallow)
		switch in.By {
		case "retained":
			first = cmp.Compare(b.Retained, a.Retained)
		case "instances":
			first = cmp.Compare(b.Instances, a.Instances)
		}
		return cmp.Or(first, cmp.Compare(a.Name, b.Name), cmp.Compare(a.Class, b.Class))
	})
	t := report.Table{Name: "classes", Title: "Classes", Columns: report.Rows[string]{"class", "instances", "shallow", "retained"}}
	for _, g := range groups[:min(len(groups), q.rows())] {
		t.Rows = append(t.Rows, report.Rows[report.Value]{report.Name(g.Name), report.Count(g.Instances), report.Bytes(g.Shallow), report.Bytes(g.Retained)})
	}
	t.Omitted = int64(len(groups) - len(t.Rows))
	out := report.Section{Name: "histogram", Title: "Class histogram", Tables: report.Rows[report.Table]{t}}
	out.Summary = fmt.Sprintf("%s of %s; number of classes: %s.", analyze.Plural(instances, "instance"), analyze.Size(shallow), analyze.Number(int64(len(groups))))
	return []report.Section{out}, nil
}

// DominatorsIn are the arguments of dominators.
type DominatorsIn struct {
	Common
	Object string `json:"object,omitempty" jsonschema:"selector of one object; left out: what nothing dominates"`
}

func dominators(q *question, in *DominatorsIn) ([]report.Section, error) {
	h, of := q.h, graph.NoObject
	out := report.Section{Name: "dominators", Title: "What nothing dominates, by retained size"}
	q.says("dominators", "DUMP", q.top())
	if in.Object != "" {
		sel, err := explore.Resolve(q.ctx, h, in.Object, q.opt)
		if err != nil {
			return nil, err
		}
		o, one := sel.One()
		if !one {
			return nil, fmt.Errorf("object %.60q: stands for %s; one is wanted", in.Object, analyze.Plural(sel.Count(), "object"))
		}
		of = o
		out.Title = "What " + explore.Name(h, o) + " dominates, by retained size"
		q.says("show", "DUMP", explore.Address(h, o).String(), q.top())
		out.Facts = append(out.Facts, analyze.Fact("retained size", report.Bytes(h.Retained(o))), analyze.Fact("dominator", dominator(h, o)))
	}
	children, more, err := explore.Dominated(q.ctx, h, of, q.rows())
	if err != nil {
		return nil, err
	}
	out.Summary = analyze.Plural(h.NumDominated(of), "object") + "."
	t := report.Table{Name: "objects", Title: "Objects", Columns: report.Rows[string]{"address", "class", "value", "shallow", "retained", "dominates"}}
	d := explore.NewDecoder(h, q.opt.Policy)
	for _, o := range children {
		t.Rows = append(t.Rows, report.Rows[report.Value]{
			explore.AddressValue(h, o), report.Name(className(h, o)), d.Value(o), report.Bytes(h.Shallow(o)), report.Bytes(h.Retained(o)), report.Count(h.NumDominated(o)),
		})
	}
	t.Omitted, t.OmittedBytes = more.Objects, more.Bytes
	out.Tables = append(out.Tables, t)
	return []report.Section{out}, nil
}

func dominator(h *graph.Heap, o graph.Object) report.Value {
	if d := h.Idom(o); d != graph.NoObject {
		return explore.AddressValue(h, d)
	}
	return report.Name("none")
}

// className is the name of an object's class; of a class object what it is the class of.
func className(h *graph.Heap, o graph.Object) string {
	if c, ok := h.AsClass(o); ok {
		return "class " + h.Class(c).Name
	}
	return h.ClassName(o)
}

// InspectIn are the arguments of inspect.
type InspectIn struct {
	Common
	Subject string `json:"subject" jsonschema:"what is looked at"`
}

// subjects are the names of the inspections.
func subjects() []string {
	var out []string
	for _, in := range inspect.All() {
		out = append(out, in.Name)
	}
	return out
}

func inspectSubject(q *question, in *InspectIn) ([]report.Section, error) {
	selected, err := inspect.Select(in.Subject)
	if err != nil {
		return nil, err
	}
	q.says("inspect", in.Subject, "DUMP", q.top())
	opt := q.opt.Analysis
	opt.Inspections, opt.Top, opt.ShowValues, opt.NoPaths, opt.Progress = selected, q.rows(), q.s.opt.ShowValues, true, q.progress
	r, err := analyze.Run(q.ctx, q.h, opt)
	if err != nil {
		return nil, err
	}
	return r.Sections, nil
}
