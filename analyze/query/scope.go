package query

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report/suggest"
)

// scope knows the names that an expression may use.
type scope struct {
	outer *scope // of the query around a sub-select
	names []alias
	// subject is the row that bare fields and attributes belong to: the first name; -1 when there is none.
	subject int
	// items may be named where the columns are known already: in GROUP BY, HAVING and ORDER BY.
	items []Item
	group *grouping // after GROUP BY: what is not a key has to be in an aggregate
}

// alias is a row of the query and what is known of it.
type alias struct {
	name    string
	slot    int
	classes []bool   // that its objects may have; nil when that is not known
	columns []string // of rows of a sub-select; nil when it has none
}

func (s *scope) find(name string) (*alias, bool) {
	for i := range s.names {
		if s.names[i].name == name && name != "" {
			return &s.names[i], true
		}
	}
	return nil, false
}

func (s *scope) row() *alias {
	if s.subject < 0 {
		return nil
	}
	return &s.names[s.subject]
}

// lexicon is what the dump and the language have names for; it is made once per query.
type lexicon struct {
	h         *graph.Heap
	attrs     map[string]attribute
	functions map[string]function
	methods   map[string]method
	fields    map[string]bool // of any class, statics included; nil until it is asked for
	classes   []string        // names, sorted; nil until they are asked for
}

func newLexicon(h *graph.Heap) *lexicon {
	return &lexicon{h: h, attrs: allAttributes(), functions: allFunctions(), methods: allMethods()}
}

func (l *lexicon) hasField(name string) bool {
	l.allFields()
	return l.fields[name]
}

func (l *lexicon) allFields() {
	if l.fields != nil {
		return
	}
	l.fields = map[string]bool{}
	for c := range graph.Class(l.h.NumClasses()) {
		k := l.h.Class(c)
		for _, f := range k.Fields {
			l.fields[f.Name] = true
		}
		for _, f := range k.Statics {
			l.fields[f.Name] = true
		}
	}
}

func (l *lexicon) classNames() []string {
	if l.classes == nil {
		for c := range graph.Class(l.h.NumClasses()) {
			l.classes = append(l.classes, l.h.Class(c).Name)
		}
		slices.Sort(l.classes)
		l.classes = slices.Compact(l.classes)
	}
	return l.classes
}

// unknownClass says that no class has a name, and which was meant.
func (l *lexicon) unknownClass(at int, name string) *Error {
	e := errorAt(at, "the dump has no class %s", name)
	var same []string
	for _, c := range l.classNames() {
		if simpleName(c) == simpleName(name) || strings.EqualFold(c, name) {
			same = append(same, c)
		}
	}
	switch {
	case len(same) == 1:
		return e.hinted("did you mean %s?", same[0])
	case len(same) > 1:
		return e.hinted("there are %s", enumerate(same, 4))
	}
	if n := suggest.Nearest(name, l.classNames()); n != "" {
		return e.hinted("did you mean %s?", n)
	}
	return e.hinted("heapcause histogram lists the classes; a pattern in quotes, as in FROM \".*%s\", matches none without an error", simpleName(name))
}

func simpleName(class string) string {
	return class[strings.LastIndexAny(class, ".$")+1:]
}

// enumerate lists words, shortened.
func enumerate(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

// fieldsOf are the names of the fields that objects of some classes have.
func (l *lexicon) fieldsOf(classes []bool) []string {
	var out []string
	seen := map[graph.Class]bool{}
	for c := range graph.Class(len(classes)) {
		for k := c; classes[c] && k != graph.NoClass && !seen[k]; k = l.h.Class(k).Super {
			seen[k] = true
			for _, f := range l.h.Class(k).Fields {
				out = append(out, f.Name)
			}
		}
		if classes[c] && l.h.Class(c).Name == "java.lang.Class" {
			l.allFields()
			for f := range l.fields {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkField refuses a field that no object of some classes, or of any where these are not known, can have.
func (l *lexicon) checkField(at int, name string, classes []bool) *Error {
	if classes == nil {
		if _, ok := l.attrs[name]; ok || l.hasField(name) {
			return nil
		}
		l.allFields()
		all := make([]string, 0, len(l.fields))
		for f := range l.fields {
			all = append(all, f)
		}
		slices.Sort(all)
		return meant(errorAt(at, "no class of the dump has a field %s", name), name, all, "")
	}
	fields := l.fieldsOf(classes)
	if slices.Contains(fields, name) {
		return nil
	}
	what := "those classes have"
	if n := names(l.h, classes, 2); len(n) == 1 {
		what = n[0] + " has"
	} else if len(n) == 0 {
		return nil // no class matches: there will be no rows
	}
	e := errorAt(at, "%s no field %s", what, name)
	if _, ok := l.attrs[name]; ok {
		return e.hinted("did you mean the attribute @%s?", name)
	}
	if len(fields) == 0 {
		return e.hinted("attributes begin with @: @usedHeapSize, @retainedHeapSize, @length, …")
	}
	return meant(e, name, fields, "it has "+enumerate(fields, 12))
}

// meant hints at the word that was meant, else at something else.
func meant(e *Error, word string, words []string, otherwise string) *Error {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return e.hinted("did you mean %s?", w)
		}
	}
	if n := suggest.Nearest(word, words); n != "" {
		return e.hinted("did you mean %s?", n)
	}
	e.Hint = otherwise
	return e
}

// names are the names of some classes, at most n.
func names(h *graph.Heap, classes []bool, n int) []string {
	var out []string
	for c := range graph.Class(len(classes)) {
		if classes[c] && len(out) < n && !slices.Contains(out, h.Class(c).Name) {
			out = append(out, h.Class(c).Name)
		}
	}
	return out
}

func nearestKeyword(word string) string {
	if n := suggest.Nearest(strings.ToUpper(word), keywords); n != "" && n != strings.ToUpper(word) {
		return n
	}
	return ""
}

// referenceType reports whether a field holds objects.
func referenceType(t hprof.Type) bool { return t == hprof.Object }
