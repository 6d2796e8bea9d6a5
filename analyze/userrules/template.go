package userrules

import (
	"fmt"
	"strings"

	"heapcause/analyze"
)

// template is a text with expressions in braces.
type template struct{ parts []part }

// part is a text, or an expression.
type part struct {
	text  string
	value *expression
}

// template reads a text such as "{count} streams are open"; braces that mean themselves are doubled.
func (s *scope) template(n node, what, text string) *template {
	if text == "" {
		return nil
	}
	t := &template{}
	source := n.Value
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			t.parts = append(t.parts, part{text: spaced(plain.String())})
			plain.Reset()
		}
	}
	for i := 0; i < len(source); i++ {
		c := source[i]
		switch {
		case (c == '{' || c == '}') && i+1 < len(source) && source[i+1] == c:
			plain.WriteByte(c)
			i++
		case c == '}':
			s.braces(n, what, i)
			return nil
		case c == '{':
			end := closing(source, i+1)
			if end < 0 {
				s.braces(n, what, i)
				return nil
			}
			flush()
			x := s.compileAt(n, source[i+1:end], i+1, what)
			if x == nil {
				return nil
			}
			t.parts = append(t.parts, part{value: x})
			i = end
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	return t
}

// spaced turns runs of white space into one space: texts may be wrapped.
func spaced(s string) string {
	out := strings.Join(strings.Fields(s), " ")
	if s != "" && strings.ContainsRune(" \n\t", rune(s[0])) {
		out = " " + out
	}
	if len(s) > 1 && strings.ContainsRune(" \n\t", rune(s[len(s)-1])) && out != " " {
		out += " "
	}
	return out
}

func (s *scope) braces(n node, what string, at int) {
	x := &expression{node: n, at: at}
	x.failAt(0, 0, what, "a brace has no partner; braces that mean themselves are doubled: {{")
}

// closing finds the brace that ends an expression, -1 when there is none.
func closing(s string, from int) int {
	quote := byte(0)
	for i := from; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '}':
			return i
		case c == '{':
			return -1
		}
	}
	return -1
}

// write fills a template.
func (t *template) write(e *evaluator) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.value == nil {
			b.WriteString(p.text)
			continue
		}
		v, err := e.value(p.value)
		if err != nil {
			return "", err
		}
		b.WriteString(textOf(v))
	}
	return strings.TrimSpace(b.String()), nil
}

// findingFunctions are those of expressions on all matches.
var findingFunctions = map[string]func(*analyze.Pass, []any) any{
	"bytes":   func(_ *analyze.Pass, args []any) any { return size(whole(args[0])) },
	"time":    func(_ *analyze.Pass, args []any) any { return moment(whole(args[0])) },
	"heap":    func(p *analyze.Pass, args []any) any { return p.Of(int64(whole(args[0]))) },
	"percent": func(_ *analyze.Pass, args []any) any { return percent(args[0]) },
	"plural":  func(_ *analyze.Pass, args []any) any { return plural(whole(args[0]), fmt.Sprint(args[1])) },
}

func percent(v any) any {
	switch v := v.(type) {
	case float64:
		return fmt.Sprintf("%.1f %%", 100*v)
	case int:
		return fmt.Sprintf("%d %%", 100*v)
	}
	panic(fmt.Errorf("%v is no share", v))
}
