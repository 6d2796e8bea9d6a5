package mcp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/query"
	"heapcause/report"
)

// mostPaths of one object are shown.
const mostPaths = 50

// selectorText is told of tools that take selectors, which the server's instructions explain.
const selectorText = `Objects: 0xADDRESS, Class#n, Class (all), @class:NAME, @static:Class.field, @thread:NAME, @finding:N.`

// tools adds all tools, in the order of their use.
func (s *Server) tools() error {
	return errors.Join(
		s.dumpsTool(),
		onHeap(s, tool{"open", "Open a dump", "Open a heap dump and say what it holds: objects, bytes, how they are held. Other tools open dumps by themselves; " +
			"the first call on a large dump takes long, later ones do not.", nil}, openDump),
		onHeap(s, tool{"summarize", "Summarise a dump", "Why the heap is full, in short: findings, how the heap is held, largest classes, objects and packages.", nil}, summarize),
		onHeap(s, tool{"findings", "Findings", "The causes that the rules found. With \"finding\" (a number from 1, or the digits of a signature) all on one: story, path, figures, evidence, what to change.", nil}, findings),
		onHeap(s, tool{
			"histogram", "Class histogram", "Instances, shallow and retained bytes by class, the largest first; \"pattern\" is a regular expression on class names.",
			func(j *jsonschema.Schema) { oneOf(j, "by", "shallow", "retained", "instances") },
		}, histogram),
		onHeap(s, tool{"dominators", "Dominator tree", "The objects that keep most alive, or with \"object\" what one object keeps alive: its children in the dominator tree.", nil}, dominators),
		onHeap(s, tool{"path", "Path from a GC root", "What keeps an object from being collected: the shortest paths from GC roots, merged for several objects. " + selectorText, nil}, paths),
		onHeap(s, tool{"show", "Show an object", "An object: its fields decoded, sizes, who refers to it, what it keeps alive; of a class what its instances have in common. " + selectorText, nil}, show),
		onHeap(s, tool{
			"refs", "References", "Who refers to objects (\"in\") and what they refer to (\"out\"), by field. " + selectorText,
			func(j *jsonschema.Schema) { oneOf(j, "direction", "in", "out", "both") },
		}, refs),
		onHeap(s, tool{"find", "Find values", "Strings that match a regular expression, or objects by the values of their fields.", nil}, find),
		onHeap(s, tool{"retained", "What would be freed", "Exactly what would be freed if objects went (\"set\") or references were cut (\"without\": Class::field, soft, weak …). " + selectorText, nil}, retained),
		onHeap(s, tool{"query", "Query", `A query in a language like SQL: SELECT classof(x), COUNT(*) AS n, SUM(x.@usedHeapSize) AS bytes FROM java.util.HashMap x GROUP BY classof(x) ` +
			`ORDER BY bytes DESC LIMIT 10. Attributes: @objectAddress, @usedHeapSize, @retainedHeapSize, @clazz; functions: inbound(x), outbound(x), dominators(x), ` +
			`dominatorof(x), toString(x), classof(x).`, nil}, ask),
		onHeap(s, tool{
			"inspect", "Inspect a subject", "Figures and tables on one subject of the heap, whether it is a problem or not.",
			func(j *jsonschema.Schema) { oneOf(j, "subject", subjects()...) },
		}, inspectSubject),
		s.compareTool(),
		s.estimateTool(),
	)
}

// OpenIn are the arguments of open, and of summarize.
type OpenIn struct{ Common }

// ShowIn are the arguments of show.
type ShowIn struct {
	Common
	Object string `json:"object" jsonschema:"selector"`
}

func show(q *question, in *ShowIn) ([]report.Section, error) {
	sel, err := explore.Resolve(q.ctx, q.h, in.Object, q.opt)
	if err != nil {
		return nil, err
	}
	q.says("show", "DUMP", in.Object, q.top())
	out, err := explore.Show(q.ctx, q.h, &sel, explore.ShowOptions{Options: q.opt})
	return []report.Section{out}, err
}

// RefsIn are the arguments of refs.
type RefsIn struct {
	Common
	Object    string `json:"object" jsonschema:"selector"`
	Direction string `json:"direction,omitempty" jsonschema:"else both"`
	ByClass   bool   `json:"byClass,omitempty" jsonschema:"merge the references of one object by class and field too"`
}

func refs(q *question, in *RefsIn) ([]report.Section, error) {
	sel, err := explore.Resolve(q.ctx, q.h, in.Object, q.opt)
	if err != nil {
		return nil, err
	}
	words := []string{"refs", "DUMP", in.Object, q.top()}
	if in.Direction == "in" || in.Direction == "out" {
		words = append(words, "--"+in.Direction)
	}
	if in.ByClass {
		words = append(words, "--by", "class")
	}
	q.says(words...)
	out, err := explore.Refs(q.ctx, q.h, &sel, explore.RefsOptions{Options: q.opt, In: in.Direction == "in", Out: in.Direction == "out", ByClass: in.ByClass})
	return []report.Section{out}, err
}

// PathIn are the arguments of path.
type PathIn struct {
	Common
	Object  string   `json:"object" jsonschema:"selector"`
	Paths   int      `json:"paths,omitempty" jsonschema:"paths of one object, each from another GC root; 1 when left out"`
	Exclude []string `json:"exclude,omitempty" jsonschema:"references that do not count: soft, finalizer, weak, phantom, Class::field"`
}

func paths(q *question, in *PathIn) ([]report.Section, error) {
	sel, err := explore.Resolve(q.ctx, q.h, in.Object, q.opt)
	if err != nil {
		return nil, err
	}
	words := []string{"path", "DUMP", in.Object, q.top()}
	if in.Paths > 0 {
		words = append(words, "--max="+strconv.Itoa(in.Paths))
	}
	for _, e := range in.Exclude {
		words = append(words, "--exclude", e)
	}
	q.says(words...)
	return explore.Paths(q.ctx, q.h, &sel, explore.PathOptions{Max: min(in.Paths, mostPaths), Exclude: in.Exclude}, q.opt)
}

// RetainedIn are the arguments of retained.
type RetainedIn struct {
	Common
	Set     string   `json:"set,omitempty" jsonschema:"selector of the objects that go"`
	Without []string `json:"without,omitempty" jsonschema:"references that are cut: Class::field, Class::field@0xADDRESS, soft, finalizer, weak, phantom"`
}

func retained(q *question, in *RetainedIn) ([]report.Section, error) {
	if in.Set == "" && len(in.Without) == 0 {
		return nil, errors.New("nothing is taken away: name objects with set or references with without")
	}
	ro := explore.RetainedOptions{Without: in.Without}
	words := []string{"retained", "DUMP", q.top()}
	if in.Set != "" {
		var err error
		if ro.Set, ro.SetText, err = explore.ObjectsOf(q.ctx, q.h, in.Set, q.opt); err != nil {
			return nil, err
		}
		words = append(words, "--set", in.Set)
	}
	for _, w := range in.Without {
		words = append(words, "--without", w)
	}
	q.says(words...)
	return explore.Retained(q.ctx, q.h, ro, q.opt)
}

// FindIn are the arguments of find.
type FindIn struct {
	Common
	Text  string   `json:"text,omitempty" jsonschema:"regular expression (RE2) that the text of a String matches"`
	Where []string `json:"where,omitempty" jsonschema:"conditions on fields, all of which hold: state=3, com.acme.Order::total>100"`
	Class string   `json:"class,omitempty" jsonschema:"class of the objects, subclasses too; with text the class of those that refer to the strings"`
}

func find(q *question, in *FindIn) ([]report.Section, error) {
	fo := explore.FindOptions{Options: q.opt, Class: in.Class}
	words := []string{"find", "DUMP", q.top()}
	if (in.Text == "") == (len(in.Where) == 0) {
		return nil, errors.New("one of text and where is wanted")
	}
	if in.Text != "" {
		re, err := regexp.Compile(in.Text)
		if err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		fo.String = re
		words = append(words, "--string", in.Text)
	}
	for _, w := range in.Where {
		c, err := explore.ParseCondition(w)
		if err != nil {
			return nil, err
		}
		fo.Conditions = append(fo.Conditions, c)
		words = append(words, "--value", w)
	}
	if in.Class != "" {
		words = append(words, "--class", in.Class)
	}
	q.says(words...)
	out, err := explore.Find(q.ctx, q.h, fo)
	return []report.Section{out}, err
}

// QueryIn are the arguments of query.
type QueryIn struct {
	Common
	Query string `json:"query" jsonschema:"SELECT …"`
}

func ask(q *question, in *QueryIn) ([]report.Section, error) {
	q.says("query", "DUMP", in.Query, "--max-rows="+strconv.Itoa(q.rows()))
	out, err := query.Section(q.ctx, q.h, in.Query, query.Options{
		ShowValues: q.s.opt.ShowValues, MaxRows: int64(q.rows()), Workers: q.opt.Analysis.Workers, Reachable: q.opt.Analysis.References == "all",
	})
	if err != nil {
		return nil, err
	}
	return []report.Section{*out}, nil
}

// rulesOf are the rules that @finding: numbers the findings of.
func rulesOf(opt analyze.Options) func() ([]*analyze.Rule, error) {
	return func() ([]*analyze.Rule, error) { return opt.Rules, nil }
}

// CompareIn are the arguments of compare.
type CompareIn struct {
	Dumps []string `json:"dumps" jsonschema:"two or more dumps or saved JSON reports, in the order of time"`
	Paged
}

// EstimateIn are the arguments of estimate.
type EstimateIn struct{ Common }

func (s *Server) estimateTool() error {
	return add(s, tool{"estimate", "Estimate the cost", "What time, memory and disk space opening a dump will take, without opening it.", nil},
		func(ctx context.Context, q *question, in *EstimateIn) (string, []report.Section, error) {
			path, err := s.folders.resolve(in.Dump)
			if err != nil {
				return "", nil, err
			}
			q.says("estimate", "DUMP")
			out, err := s.opt.Estimate(ctx, path, q.progress)
			if err != nil {
				return "", nil, err
			}
			return path, []report.Section{*out}, nil
		}, func(in *EstimateIn) *Paged { return &in.Paged })
}

// list joins words for a sentence.
func list(words []string) string { return strings.Join(words, ", ") }
