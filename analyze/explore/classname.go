package explore

import (
	"fmt"
	"strings"

	"heapcause/graph"
	"heapcause/report/suggest"
)

// SelectorError says why a selector stands for nothing. Hint is a line on what to write instead, "" for none.
type SelectorError struct {
	Text, Hint string
}

func (e *SelectorError) Error() string { return e.Text }

// ClassesNamed returns the classes of a name, one per loader: as in Java source ("byte[]", "java.util.Map$Entry"), as the JVM writes
// it ("[B", "java/lang/String"), or the last part of it where no other class ends so ("HashMap").
func ClassesNamed(h *graph.Heap, name string) ([]graph.Class, error) {
	for _, n := range []string{name, sourceName(name)} {
		if cs := h.ClassesByName(n); len(cs) > 0 {
			return cs, nil
		}
	}
	alike := endingIn(h, name)
	if len(alike) == 1 {
		return h.ClassesByName(alike[0]), nil
	}
	return nil, &SelectorError{fmt.Sprintf("no class %q in the dump", name), classHint(h, name, alike)}
}

// sourceName turns a class name of the JVM's own forms into that of Java source.
func sourceName(name string) string {
	dims := len(name) - len(strings.TrimLeft(name, "["))
	if dims == 0 {
		return strings.ReplaceAll(name, "/", ".")
	}
	elem := name[dims:]
	switch {
	case strings.HasPrefix(elem, "L") && strings.HasSuffix(elem, ";"):
		elem = elem[1 : len(elem)-1]
	case len(elem) == 1:
		elem = primitives[elem[0]]
	}
	return strings.ReplaceAll(elem, "/", ".") + strings.Repeat("[]", dims)
}

var primitives = map[byte]string{
	'Z': "boolean", 'C': "char", 'F': "float", 'D': "double", 'B': "byte", 'S': "short", 'I': "int", 'J': "long",
}

// endingIn returns the names of classes whose last part is the word, in table order, each once.
func endingIn(h *graph.Heap, word string) (out []string) {
	seen := map[string]bool{}
	for i := range h.NumClasses() {
		name := h.Class(graph.Class(i)).Name
		if base := lastPart(name); strings.EqualFold(base, word) && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// lastPart is a class name without package and outer classes.
func lastPart(name string) string { return name[strings.LastIndexAny(name, ".$")+1:] }

// maxNamed classes are listed where a short name fits several.
const maxNamed = 5

func classHint(h *graph.Heap, name string, alike []string) string {
	if len(alike) > 0 {
		more := ""
		if len(alike) > maxNamed {
			more = fmt.Sprintf(" and %d more", len(alike)-maxNamed)
			alike = alike[:maxNamed]
		}
		return "there are " + strings.Join(alike, ", ") + more
	}
	near := nearestClass(h, name)
	if near == "" {
		return "heapcause histogram lists the classes"
	}
	return "did you mean " + near + "?"
}

// nearestClass finds the class that was meant: by its last part where the word is short, else by the whole name.
func nearestClass(h *graph.Heap, word string) string {
	whole := strings.ContainsRune(word, '.')
	var words []string
	full := map[string]string{}
	for i := range h.NumClasses() {
		name := h.Class(graph.Class(i)).Name
		key := name
		if !whole {
			key = lastPart(name)
		}
		if _, known := full[key]; !known {
			full[key] = name
			words = append(words, key)
		}
	}
	return full[suggest.Nearest(word, words)]
}
