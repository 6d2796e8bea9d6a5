package analyze

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// steps turns a path of the graph into that of a report: the class object before a static is merged with it, and runs of the
// same edge between objects of the same class are collapsed.
func (r *run) steps(path []graph.Step) report.Rows[report.Step] {
	h := r.heap
	path = fromClass(path)
	var out report.Rows[report.Step]
	for i, s := range path {
		st := report.Step{Address: report.Address(h.Addr(s.Object)), Class: h.ClassName(s.Object), Retained: h.Retained(s.Object), Note: r.note(s.Object)}
		if i == 0 {
			st.Kind, st.Label = report.StepRoot, rootText(s.Roots)
			if st.Label == "" {
				st.Label = "class of a live loader"
			}
			if c, ok := h.AsClass(s.Object); ok {
				st.Class = h.Class(c).Name
			}
			out = append(out, st)
			continue
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
				st.Label = frameText(t.Frames[s.Edge.Index])
			}
		default:
			st.Kind = report.StepOther
		}
		if n := len(out); n > 0 && out[n-1].Kind == st.Kind && out[n-1].Label == st.Label && out[n-1].Class == st.Class && st.Kind == report.StepField {
			repeat := max(out[n-1].Repeat, 1) + 1
			first := out[n-1]
			out[n-1] = first
			out[n-1].Repeat = repeat
			continue
		}
		out = append(out, st)
	}
	return out
}

// fromClass leaves out how a class loader is held where a path goes through one of its classes: a class lives as long as its
// loader, and its statics are what matters.
func fromClass(path []graph.Step) []graph.Step {
	for i := len(path) - 1; i > 0; i-- {
		if path[i].Edge.Kind == graph.DefinedEdge {
			return path[i:]
		}
	}
	return path
}

// rootText names the kinds of a GC root, the most telling first.
func rootText(roots []graph.Root) string {
	best := ""
	rank := 99
	for _, r := range roots {
		k := map[hprof.Tag]int{hprof.RootThreadObject: 1, hprof.RootStickyClass: 2, hprof.RootJNIGlobal: 3, hprof.RootMonitorUsed: 4}[r.Kind]
		if k == 0 {
			k = 9
		}
		if k < rank {
			best, rank = r.Kind.String(), k
		}
	}
	return best
}

const signatureVersion = "1"

// sign sets the anchor and the signature of a finding from the path to what it is about: equal for the same leak in dumps of
// different runs. The anchor is the static, thread or JNI root that the path begins with; the path is the labels of its
// fields, runs collapsed.
func (r *run) sign(f *report.Finding, rule string, path []graph.Step, tail ...string) {
	anchor, labels := r.anchor(path)
	labels = append(labels, tail...)
	f.Anchor = anchor
	sum := sha256.Sum256([]byte(strings.Join(append([]string{signatureVersion, rule, anchor}, labels...), "\x00")))
	f.Signature = hex.EncodeToString(sum[:])
}

func (r *run) anchor(path []graph.Step) (string, []string) {
	h := r.heap
	path = fromClass(path)
	if len(path) == 0 {
		return "none", nil
	}
	anchor := ""
	first := path[0].Object
	switch c, isClass := h.AsClass(first); {
	case isClass && len(path) > 1 && path[1].Edge.Kind == graph.StaticEdge:
		anchor = "static " + normalName(h.Class(path[1].Edge.Class).Name) + "." + path[1].Edge.Name
	case isClass:
		anchor = "class " + normalName(h.Class(c).Name)
	default:
		if _, ok := h.ThreadOf(first); ok {
			anchor = "thread " + NormalThread(threadName(h, first))
		} else {
			anchor = rootText(path[0].Roots) + " " + normalName(h.ClassName(first))
		}
	}
	var labels []string
	for i, s := range path[1:] {
		label := normalName(h.EdgeText(s.Edge))
		switch s.Edge.Kind {
		case graph.StaticEdge:
			if i == 0 {
				continue // it is the anchor
			}
		case graph.ElementEdge:
			label = "[]"
		}
		if n := len(labels); n > 0 && labels[n-1] == label {
			continue
		}
		labels = append(labels, label)
	}
	return anchor, labels
}

var (
	generated = regexp.MustCompile(`\$\$Lambda[^:.]*|[+/]0x[0-9a-f]+|\$\$[A-Za-z]+CGLIB\$\$[0-9a-f]+|(\$Proxy|GeneratedMethodAccessor|GeneratedConstructorAccessor)[0-9]+`)
	digits    = regexp.MustCompile(`[0-9]+`)
)

// normalName removes what generators and the JVM append to names.
func normalName(s string) string { return generated.ReplaceAllString(s, "$1") }

// NormalThread replaces the numbers in a thread's name by #, so that the threads of a pool share a name.
func NormalThread(name string) string { return digits.ReplaceAllString(name, "#") }

// number writes an integer with commas.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
