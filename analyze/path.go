package analyze

import (
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// Sign sets the anchor and the signature of a finding: from the path to where its objects pile up, and the names behind it.
func (p *Pass) Sign(f *report.Finding, path []graph.Step, tail ...string) {
	anchor, labels := p.run.anchor(path)
	f.Anchor = anchor
	f.Signature = signature.Of(p.rule.Name, anchor, append(labels, tail...))
}

// Steps turns a path of the graph into that of a report. Runs of one field between objects of one class are collapsed.
func (p *Pass) Steps(path []graph.Step) report.Rows[report.Step] {
	var out report.Rows[report.Step]
	for i := range path {
		s := p.run.step(path, i)
		if n := len(out); n > 0 && s.Kind == report.StepField && out[n-1].Kind == s.Kind && out[n-1].Label == s.Label && out[n-1].Class == s.Class {
			out[n-1].Repeat = max(out[n-1].Repeat, 1) + 1
			continue
		}
		out = append(out, s)
	}
	return out
}

func (r *run) step(path []graph.Step, i int) report.Step {
	h := r.heap
	s := path[i]
	st := report.Step{Address: report.Address(h.Addr(s.Object)), Class: h.ClassName(s.Object), Retained: h.Retained(s.Object), Note: r.note(s.Object)}
	if i == 0 {
		st.Kind, st.Label = report.StepRoot, rootText(s.Roots)
		if st.Label == "" {
			st.Label = "class of a live loader"
		}
		if c, ok := h.AsClass(s.Object); ok {
			st.Class = h.Class(c).Name
		}
		return st
	}
	st.Label = h.EdgeText(s.Edge)
	switch s.Edge.Kind {
	case graph.FieldEdge:
		st.Kind = report.StepField
	case graph.StaticEdge:
		st.Kind, st.Label = report.StepStatic, h.Class(s.Edge.Class).Name+"."+s.Edge.Name
	case graph.ElementEdge:
		st.Kind = report.StepElement
	case graph.LocalEdge:
		st.Kind = report.StepLocal
		if t, ok := h.ThreadOf(path[i-1].Object); ok && s.Edge.Index >= 0 && s.Edge.Index < len(t.Frames) {
			st.Label = jdk.FrameText(t.Frames[s.Edge.Index])
		}
	default:
		st.Kind = report.StepOther
	}
	return st
}

// rootText names the kinds of a GC root, the most telling first.
func rootText(roots []graph.Root) string {
	rank := map[hprof.Tag]int{hprof.RootThreadObject: 1, hprof.RootStickyClass: 2, hprof.RootJNIGlobal: 3, hprof.RootMonitorUsed: 4}
	best, least := "", 99
	for _, r := range roots {
		k := rank[r.Kind]
		if k == 0 {
			k = 9
		}
		if k < least {
			best, least = r.Kind.String(), k
		}
	}
	return best
}

// HolderText says in words what a path begins with.
func (p *Pass) HolderText(path []graph.Step) string { return p.run.holderText(path) }

// NearestHolder names the last field of an application's class, or static, on a path; or the root.
func (p *Pass) NearestHolder(path []graph.Step) string { return p.run.nearestHolder(path) }

// Note names what an object stands for: the class of a class object, the name of a thread; "" for others.
func (p *Pass) Note(o graph.Object) string { return p.run.note(o) }

// holderText says in words what a path begins with.
func (r *run) holderText(path []graph.Step) string {
	if len(path) == 0 {
		return "several roots"
	}
	h := r.heap
	if c, ok := h.AsClass(path[0].Object); ok {
		if len(path) > 1 && path[1].Edge.Kind == graph.StaticEdge {
			return h.EdgeText(path[1].Edge)
		}
		return "class " + h.Class(c).Name
	}
	if t, ok := h.ThreadOf(path[0].Object); ok {
		return `thread "` + jdk.ThreadName(h, t.Object) + `"`
	}
	return rootText(path[0].Roots) + " " + h.ClassName(path[0].Object)
}

// nearestHolder names the last field of an application's class, or static, on a path, which is what its developers know; or
// the root.
func (r *run) nearestHolder(path []graph.Step) string {
	h := r.heap
	for i := len(path) - 1; i > 0; i-- {
		switch e := path[i].Edge; {
		case e.Kind == graph.StaticEdge, e.Kind == graph.FieldEdge && !Platform(h.Class(e.Class).Name):
			return h.EdgeText(e)
		}
	}
	return r.holderText(path)
}

// Accumulation describes the children of an object in the dominator tree.
func (p *Pass) Accumulation(o graph.Object) *report.Accumulation {
	h := p.Heap
	a := &report.Accumulation{Address: p.Address(o), Class: h.ClassName(o), Retained: h.Retained(o), Children: h.NumDominated(o)}
	count, bytes := map[graph.Class]int64{}, map[graph.Class]int64{}
	for _, c := range h.Dominated(o, nil) {
		k := h.ClassOf(c)
		count[k]++
		bytes[k] += h.Retained(c)
	}
	if ks := ByCount(bytes, Same, p.ClassName); len(ks) > 0 {
		a.ChildClass, a.ChildObjects, a.ChildBytes = p.ClassName(ks[0]), count[ks[0]], bytes[ks[0]]
	}
	return a
}
