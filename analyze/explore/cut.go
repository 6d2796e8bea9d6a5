package explore

import (
	"fmt"
	"strconv"
	"strings"

	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/report/suggest"
)

// strengthWords are what --exclude takes for references by their strength.
var strengthWords = map[string]graph.Strength{
	"soft": graph.Soft, "finalizer": graph.Finalizer, "weak": graph.Weak, "phantom": graph.Phantom,
}

// Strengths are the words of references that can be left out.
var Strengths = []string{"soft", "finalizer", "weak", "phantom"}

// ParseEdges reads which references are left out: soft, finalizer, weak and phantom, and fields and statics as Class::field. A * in the
// class stands for any characters; Class::field@0xADDRESS is the field of one object.
func ParseEdges(h *graph.Heap, words []string) (out path.Edges, err error) {
	for _, w := range words {
		if s, ok := strengthWords[w]; ok {
			out.Strengths[s] = true
			continue
		}
		if !strings.Contains(w, "::") {
			near := suggest.Nearest(w, Strengths)
			hint := "there are soft, finalizer, weak, phantom and Class::field"
			if near != "" {
				hint = "did you mean " + near + "?"
			}
			return out, &SelectorError{fmt.Sprintf("%q names no references", w), hint}
		}
		f, err := parseField(h, w)
		if err != nil {
			return out, err
		}
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

func parseField(h *graph.Heap, text string) (path.Field, error) {
	class, name, _ := strings.Cut(text, "::")
	f := path.Field{Of: graph.NoObject, Declared: make([]bool, h.NumClasses())}
	name, at, single := strings.Cut(name, "@")
	f.Name = name
	if single {
		addr, err := strconv.ParseUint(strings.TrimPrefix(at, "0x"), 16, 64)
		o, ok := h.Lookup(addr)
		if err != nil || !ok {
			return f, &SelectorError{fmt.Sprintf("%s: no object at %s", text, at), "write Class::field@0xADDRESS"}
		}
		f.Of = o
	}
	var candidates []graph.Class
	if strings.Contains(class, "*") {
		for c := range graph.Class(h.NumClasses()) {
			if wildcard(class, h.Class(c).Name) {
				candidates = append(candidates, c)
			}
		}
	} else {
		var err error
		if candidates, err = ClassesNamed(h, class); err != nil {
			return f, err
		}
	}
	found := false
	var known []string
	for _, c := range candidates {
		k := h.Class(c)
		for _, x := range k.Fields {
			f.Declared[c] = f.Declared[c] || x.Name == name
			known = append(known, x.Name)
		}
		for _, x := range k.Statics {
			f.Declared[c] = f.Declared[c] || x.Name == name
			known = append(known, x.Name)
		}
		found = found || f.Declared[c]
	}
	if !found {
		hint := "a field is named with the class that declares it, not with a subclass"
		if near := suggest.Nearest(name, known); near != "" {
			hint = "did you mean " + class + "::" + near + "?"
		}
		return f, &SelectorError{fmt.Sprintf("class %s declares no field %q", class, name), hint}
	}
	return f, nil
}

// wildcard matches a text with a pattern in which * stands for any characters.
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
