package system

import (
	"cmp"
	"slices"
	"time"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// maxText bounds a value that is read, maxPairs how many properties or variables are.
const (
	maxText  = 2000
	maxPairs = 20_000
)

// pair is a property or variable of the environment.
type pair struct{ name, value string }

// reader reads the JVM's own objects.
type reader struct {
	*jdk.Reader
	h *graph.Heap
}

// properties returns the system properties: those of now, and without them those that the JVM saved at its start.
func (r reader) properties() []pair {
	for _, static := range [][2]string{{"java.lang.System", "props"}, {"jdk.internal.misc.VM", "savedProps"}, {"sun.misc.VM", "savedProps"}} {
		if all := r.pairs(r.h.StaticRef(static[0], static[1])); len(all) > 0 {
			return all
		}
	}
	return nil
}

// pairs reads a map of strings, in the order of names.
func (r reader) pairs(m graph.Object) []pair {
	type entry struct{ k, v graph.Object }
	var entries []entry
	r.Entries(m, func(k, v graph.Object) bool {
		entries = append(entries, entry{k, v})
		return len(entries) < maxPairs
	})
	var out []pair
	for _, e := range entries {
		name, ok := r.Name(e.k, maxText)
		use := graph.ContentText
		if slices.Contains(harmless, name) {
			use = graph.NameText
		}
		value, ok2 := r.TextAs(use, e.v, maxText)
		if ok && ok2 {
			out = append(out, pair{name, value})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return out
}

// environment reads ProcessEnvironment.theEnvironment, a map of Variable to Value, each of which has its text in ExternalData.str.
// It is there only when the program has asked for a variable.
func (r reader) environment() []pair {
	type entry struct{ k, v graph.Object }
	var entries []entry
	r.Entries(r.h.StaticRef("java.lang.ProcessEnvironment", "theEnvironment"), func(k, v graph.Object) bool {
		entries = append(entries, entry{k, v})
		return len(entries) < maxPairs
	})
	var out []pair
	for _, e := range entries {
		name, ok := r.Name(e.k, maxText, "str")
		value, ok2 := r.Text(e.v, maxText, "str")
		if ok && ok2 {
			out = append(out, pair{name, value})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return out
}

// arguments reads the JVM's options where java.lang.management has asked for them.
func (r reader) arguments() []string {
	var out []string
	for _, o := range r.instances("sun.management.VMManagementImpl") {
		var texts []graph.Object
		r.Elements(r.Ref(o, "vmArgs"), func(e graph.Object) bool {
			texts = append(texts, e)
			return len(texts) < maxPairs
		})
		for _, e := range texts {
			if s, ok := r.Text(e, maxText); ok {
				if _, value := option(s); value == "" {
					r.h.NoteText(graph.NameText, e, maxText)
				}
				out = append(out, s)
			}
		}
	}
	return out
}

// started reads when the JVM was started, as java.lang.management keeps it.
func (r reader) started() (time.Time, bool) {
	for _, o := range r.instances("sun.management.RuntimeImpl") {
		if ms, ok := r.Int(o, "vmStartupTime"); ok && ms > 0 {
			return time.UnixMilli(ms).UTC(), true
		}
	}
	return time.Time{}, false
}

// fewInstances bounds the search for the JVM's own singletons.
const fewInstances = 8

// instances finds the objects of a class of the JVM that has one or none, by the static that holds each.
func (r reader) instances(class string) []graph.Object {
	var out []graph.Object
	for _, c := range r.h.ClassesByName(class) {
		if n := r.h.Class(c).Instances; n == 0 || n > fewInstances {
			continue
		}
		for o := range r.h.Instances(c) {
			out = append(out, o)
		}
	}
	return out
}

// constant reads a string constant of a class.
func (r reader) constant(class, name string) string {
	for _, c := range r.h.ClassesByName(class) {
		if _, t, ok := r.h.Static(c, name); ok && t == hprof.Object {
			s, _ := r.Name(r.h.StaticRef(class, name), maxText)
			return s
		}
	}
	return ""
}
