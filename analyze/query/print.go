package query

import (
	"strconv"
	"strings"
)

// String prints the statement as a query of the same meaning.
func (s *Select) String() string {
	var b strings.Builder
	s.print(&b)
	return b.String()
}

func (s *Select) print(b *strings.Builder) {
	b.WriteString("SELECT ")
	if s.Distinct {
		b.WriteString("DISTINCT ")
	}
	if s.Retained {
		b.WriteString("AS RETAINED SET ")
	}
	if s.Objects {
		b.WriteString("OBJECTS ")
	}
	if len(s.Items) == 0 {
		b.WriteByte('*')
	}
	for i, it := range s.Items {
		comma(b, i)
		b.WriteString(text(it.Expr))
		if it.Name != "" {
			b.WriteString(" AS " + quoted(it.Name, '"'))
		}
	}
	b.WriteString(" FROM ")
	s.From.print(b)
	for _, j := range s.Joins {
		if j.Left {
			b.WriteString(" LEFT")
		}
		b.WriteString(" JOIN " + text(j.Expr) + " AS " + word(j.Alias))
		if j.On != nil {
			b.WriteString(" ON " + text(j.On))
		}
	}
	clause(b, " WHERE ", s.Where)
	for i, g := range s.Group {
		if i == 0 {
			b.WriteString(" GROUP BY ")
		}
		comma(b, i)
		b.WriteString(text(g))
	}
	clause(b, " HAVING ", s.Having)
	for i, o := range s.Order {
		if i == 0 {
			b.WriteString(" ORDER BY ")
		}
		comma(b, i)
		b.WriteString(text(o.Expr))
		if o.Desc {
			b.WriteString(" DESC")
		}
	}
	if s.Limit >= 0 {
		b.WriteString(" LIMIT " + strconv.FormatInt(s.Limit, 10))
	}
	if s.Offset > 0 {
		b.WriteString(" OFFSET " + strconv.FormatInt(s.Offset, 10))
	}
	for _, u := range s.Unions {
		b.WriteString(" UNION (")
		u.print(b)
		b.WriteByte(')')
	}
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}

func clause(b *strings.Builder, keyword string, e Expr) {
	if e != nil {
		b.WriteString(keyword + text(e))
	}
}

func (f *From) print(b *strings.Builder) {
	if f.Objects {
		b.WriteString("OBJECTS ")
	}
	if f.InstanceOf {
		b.WriteString("INSTANCEOF ")
	}
	switch {
	case f.All:
		b.WriteByte('*')
	case f.Sub != nil:
		b.WriteByte('(')
		f.Sub.print(b)
		b.WriteByte(')')
	case f.Expr != nil:
		b.WriteString("(" + text(f.Expr) + ")")
	case f.IsPattern:
		b.WriteString(quoted(f.Pattern, '"'))
	case len(f.Addrs) > 0:
		for i, a := range f.Addrs {
			comma(b, i)
			b.WriteString("0x" + strconv.FormatUint(a, 16))
		}
	case len(f.IDs) > 0:
		for i, a := range f.IDs {
			comma(b, i)
			b.WriteString(strconv.FormatUint(a, 10))
		}
	default:
		b.WriteString(className(f.Class))
	}
	if f.Alias != "" {
		b.WriteString(" AS " + word(f.Alias))
	}
}

// quoted doubles the quotes within.
func quoted(s string, quote byte) string {
	q := string(quote)
	return q + strings.ReplaceAll(s, q, q+q) + q
}

// word prints a name, in backticks where it would not be read as one.
func word(s string) string {
	if plainWord(s) && !isKeyword(s) {
		return s
	}
	return quoted(s, '`')
}

func plainWord(s string) bool {
	for i, r := range s {
		if i == 0 && !wordStart(r) || !wordPart(r) {
			return false
		}
	}
	return s != "" && !strings.Contains(s, "\uFFFD")
}

// className prints the name of a class, in backticks where it has characters that no name in a query has.
func className(s string) string {
	parts := strings.Split(strings.TrimRight(s, "[]"), ".")
	for i, p := range parts {
		if !plainWord(p) || i == 0 && isKeyword(p) {
			return quoted(s, '`')
		}
	}
	if strings.ReplaceAll(s[len(strings.TrimRight(s, "[]")):], "[]", "") != "" {
		return quoted(s, '`')
	}
	return s
}

// text prints an expression.
func text(e Expr) string {
	var b strings.Builder
	printExpr(&b, e)
	return b.String()
}

func printExpr(b *strings.Builder, e Expr) {
	list := func(es []Expr) {
		for i, x := range es {
			comma(b, i)
			printExpr(b, x)
		}
	}
	dot := func(x Expr) {
		if x != nil {
			printExpr(b, x)
			b.WriteByte('.')
		}
	}
	switch e := e.(type) {
	case *Lit:
		b.WriteString(e.Value.literal())
	case *Name:
		b.WriteString(word(e.Name))
	case *Env:
		b.WriteString("${" + e.Name + "}")
	case *Attr:
		dot(e.X)
		b.WriteString("@" + word(e.Name))
	case *FieldOf:
		dot(e.X)
		b.WriteString(word(e.Name))
	case *Qualified:
		dot(e.X)
		for i, p := range e.Path {
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(word(p))
		}
		b.WriteString("::" + word(e.Name))
	case *Call:
		dot(e.X)
		b.WriteString(word(e.Name) + "(")
		if e.Star {
			b.WriteByte('*')
		}
		if e.Distinct {
			b.WriteString("DISTINCT ")
		}
		list(e.Args)
		b.WriteByte(')')
	case *Index:
		printExpr(b, e.X)
		b.WriteByte('[')
		printExpr(b, e.I)
		b.WriteByte(']')
	case *Slice:
		printExpr(b, e.X)
		b.WriteByte('[')
		printExpr(b, e.I)
		b.WriteString(" : ")
		printExpr(b, e.J)
		b.WriteByte(']')
	case *Unary:
		b.WriteString("(" + e.Op + " ")
		printExpr(b, e.X)
		b.WriteByte(')')
	case *Binary:
		b.WriteByte('(')
		printExpr(b, e.X)
		b.WriteString(" " + e.Op + " ")
		printExpr(b, e.Y)
		b.WriteByte(')')
	case *Like:
		b.WriteByte('(')
		printExpr(b, e.X)
		b.WriteString(not(e.Not) + " LIKE " + quoted(e.Pattern, '"') + ")")
	case *In:
		b.WriteByte('(')
		printExpr(b, e.X)
		b.WriteString(not(e.Not) + " IN ")
		if e.Y != nil {
			printExpr(b, e.Y)
		} else {
			b.WriteByte('(')
			list(e.List)
			b.WriteByte(')')
		}
		b.WriteByte(')')
	case *IsNull:
		b.WriteByte('(')
		printExpr(b, e.X)
		b.WriteString(" IS" + not(e.Not) + " NULL)")
	case *TypeOf:
		b.WriteByte('(')
		printExpr(b, e.X)
		b.WriteString(" " + e.Op + " " + className(e.Class) + ")")
	case *Sub:
		b.WriteByte('(')
		e.Select.print(b)
		b.WriteByte(')')
	}
}

func not(yes bool) string {
	if yes {
		return " NOT"
	}
	return ""
}
