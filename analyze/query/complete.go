package query

import (
	"maps"
	"slices"
	"strings"

	"heapcause/graph"
)

// maxCompletions bounds what Complete returns.
const maxCompletions = 200

// Complete returns what may stand at byte pos of a query instead of the word that ends there: classes, fields, attributes,
// functions, methods or keywords, in alphabetical order. The query need not be whole.
func Complete(h *graph.Heap, text string, pos int) []string {
	pos = max(0, min(pos, len(text)))
	before := text[:pos]
	start := wordBefore(before)
	word := before[start:]
	head := strings.TrimRight(before[:start], " \t\n\r")
	lex := newLexicon(h)
	switch {
	case strings.HasSuffix(before[:start], "@"):
		return matching(slices.Collect(maps.Keys(lex.attrs)), word)
	case inFrom(head):
		return matching(append(lex.classNames(), "INSTANCEOF", "OBJECTS"), word)
	}
	if x, field, ok := cutLast(word, "."); ok {
		out := matching(append(fieldsFor(lex, text, x), slices.Collect(maps.Keys(lex.methods))...), field)
		for i := range out {
			out[i] = x + "." + out[i]
		}
		return out
	}
	words := slices.Concat(keywords, slices.Collect(maps.Keys(lex.functions)), slices.Collect(maps.Keys(aggregates)))
	return matching(append(words, fieldsFor(lex, text, "")...), word)
}

// wordBefore returns where the word before the end of a text begins; dots belong to it, as names of classes have them.
func wordBefore(s string) int {
	i := strings.LastIndexFunc(s, func(r rune) bool { return !wordPart(r) && r != '.' })
	if i < 0 {
		return 0
	}
	return i + 1
}

func inFrom(head string) bool {
	words := strings.Fields(head)
	if len(words) == 0 {
		return false
	}
	switch strings.ToUpper(words[len(words)-1]) {
	case "FROM", "INSTANCEOF":
		return true
	case "OBJECTS":
		return len(words) > 1 && strings.EqualFold(words[len(words)-2], "FROM")
	}
	return false
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// fieldsFor are the fields of the classes that FROM names, where x is their alias or "".
func fieldsFor(lex *lexicon, text, x string) []string {
	words := strings.Fields(text)
	for i, w := range words {
		if !strings.EqualFold(w, "FROM") {
			continue
		}
		rest := words[i+1:]
		for len(rest) > 0 && (strings.EqualFold(rest[0], "INSTANCEOF") || strings.EqualFold(rest[0], "OBJECTS")) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			break
		}
		cs := lex.h.ClassesByName(strings.TrimRight(rest[0], ";)"))
		if x == "" || len(rest) > 1 && rest[1] == x || len(rest) > 2 && strings.EqualFold(rest[1], "AS") && rest[2] == x {
			return lex.fieldsOf(classSet(lex.h, cs))
		}
	}
	if x == "" {
		return nil
	}
	lex.allFields()
	return slices.Collect(maps.Keys(lex.fields))
}

// matching are the words that begin with a prefix, else those that have it within, whatever their case.
func matching(words []string, prefix string) []string {
	low := strings.ToLower(prefix)
	var begin, within []string
	for _, w := range words {
		l := strings.ToLower(w)
		switch {
		case strings.HasPrefix(l, low):
			begin = append(begin, w)
		case strings.Contains(l, low):
			within = append(within, w)
		}
	}
	if len(begin) == 0 {
		begin = within
	}
	slices.Sort(begin)
	begin = slices.Compact(begin)
	return begin[:min(len(begin), maxCompletions)]
}
