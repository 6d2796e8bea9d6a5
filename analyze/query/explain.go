package query

import (
	"fmt"
	"strings"

	"heapcause/analyze"
)

// Explain says how the query is run, a line per step.
func (p *Plan) Explain() string {
	e := &explainer{}
	for _, r := range p.shared.list {
		e.say(0, "once, before all else: %s", r.in.s)
		e.instance(1, r.in)
	}
	e.instance(0, p.in)
	return e.b.String()
}

type explainer struct{ b strings.Builder }

func (e *explainer) say(depth int, format string, args ...any) {
	e.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&e.b, format, args...)
	e.b.WriteByte('\n')
}

func (e *explainer) instance(depth int, in *instance) {
	e.source(depth, in)
	if len(in.tests) > 0 {
		e.say(depth, "keep rows by %s on the row alone", analyze.Plural(int64(len(in.tests)), "condition"))
	}
	for i, j := range in.joins {
		s := &in.s.Joins[i]
		e.say(depth, "join %s as %s%s", text(s.Expr), s.Alias, map[bool]string{true: ", or null where there is none"}[j.left])
		if n := len(j.tests); n > 0 || j.on != nil {
			if j.on != nil {
				n++
			}
			e.say(depth, "keep rows by %s", analyze.Plural(int64(n), "condition"))
		}
	}
	s := in.s
	if s.Retained {
		e.say(depth, "take what these objects retain: a walk over the whole graph")
	}
	if g := in.group; g != nil {
		e.say(depth, "group by %s, with %s; at most %s groups", analyze.Plural(int64(len(g.keys)), "key"), analyze.Plural(int64(len(g.aggs)), "aggregate"), analyze.Number(maxGroups))
		if g.having != nil {
			e.say(depth, "keep groups by HAVING")
		}
	}
	if s.Distinct {
		e.say(depth, "tell rows apart; at most %s", analyze.Number(maxDistinct))
	}
	if len(s.Order) > 0 {
		keep := "at most " + analyze.Number(maxSort) + " rows are kept"
		if s.Limit >= 0 {
			keep = "only the first " + analyze.Number(s.Limit+s.Offset) + " are kept"
		}
		e.say(depth, "sort by %s; %s", analyze.Plural(int64(len(s.Order)), "key"), keep)
	}
	if s.Limit >= 0 || s.Offset > 0 {
		e.say(depth, "rows %s to %s", analyze.Number(s.Offset+1), map[bool]string{true: analyze.Number(s.Offset + s.Limit), false: "the end"}[s.Limit >= 0])
	}
	for _, u := range in.union {
		e.say(depth, "then the rows of")
		e.instance(depth+1, u)
	}
}

func (e *explainer) source(depth int, in *instance) {
	src := &in.src
	switch {
	case src.classes != nil:
		n := 0
		for _, ok := range src.classes {
			if ok {
				n++
			}
		}
		how := "by the graph's columns, without the dump"
		parallel := in.own && in.count() >= probe/16
		switch {
		case in.group != nil && in.groupReads && parallel:
			how = "in one read of the dump, on all processors"
		case in.group != nil && parallel:
			how += ", on all processors"
		case in.reads && parallel:
			how = "chosen in one read of the dump, on all processors, then in ascending order of addresses"
			if in.s.Limit >= 0 && len(in.s.Order) == 0 {
				how = "the first " + analyze.Number(probe) + " objects one by one; if that does not do, " + how
			}
		case in.groupReads:
			how = "each read where it lies in the dump"
		}
		e.say(depth, "%s of %s: %s", analyze.Plural(in.count(), "object"), classNoun(n), how)
	case src.sub != nil:
		e.say(depth, "rows of a sub-select, as they come:")
		e.instance(depth+1, src.sub)
	case src.list != nil:
		e.say(depth, "what %s yields", text(in.s.From.Expr))
	case len(src.kinds) > 0:
		e.say(depth, "%s", classNoun(len(src.kinds)))
	default:
		e.say(depth, "%s by address or number", analyze.Plural(int64(len(src.objects)), "object"))
	}
}

func classNoun(n int) string {
	if n == 1 {
		return "1 class"
	}
	return analyze.Number(int64(n)) + " classes"
}
