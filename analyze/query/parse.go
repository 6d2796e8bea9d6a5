package query

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// keywords end a name's role as an alias. They are no reserved words inside of names of classes and fields behind a dot.
var keywords = []string{
	"SELECT", "DISTINCT", "AS", "FROM", "OBJECTS", "INSTANCEOF", "WHERE", "UNION", "AND", "OR", "NOT", "LIKE", "IN", "IMPLEMENTS", "IS",
	"NULL", "TRUE", "FALSE", "GROUP", "BY", "HAVING", "ORDER", "ASC", "DESC", "LIMIT", "OFFSET", "JOIN", "LEFT", "INNER", "ON", "BETWEEN",
}

// clauseWords cannot be an alias without AS.
var clauseWords = []string{"WHERE", "UNION", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "JOIN", "LEFT", "INNER", "ON", "AS"}

func isKeyword(s string) bool {
	if len(s) > len("IMPLEMENTS") {
		return false
	}
	return slices.Contains(keywords, strings.ToUpper(s))
}

// Parse reads a query. An error is an *Error.
func Parse(src string) (*Select, error) {
	toks, lexErr := lex(src)
	p := &parser{toks: toks, src: src}
	var s *Select
	if lexErr == nil {
		s, lexErr = p.query()
	}
	if lexErr != nil {
		lexErr.Query = src
		return nil, lexErr
	}
	return s, nil
}

// parser is a recursive descent of bounded depth; the first error ends it.
type parser struct {
	src   string
	toks  []token
	i     int
	depth int
}

// stop carries an error up to query.
type stop struct{ err *Error }

func (p *parser) query() (s *Select, err *Error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(stop)
			if !ok {
				panic(r)
			}
			s, err = nil, e.err
		}
	}()
	s = p.selectStatement()
	p.skip(";")
	if p.peek().kind != tokEnd {
		p.unexpected("the end of the query")
	}
	return s, nil
}

func (p *parser) fail(e *Error) { panic(stop{e}) }

func (p *parser) peek() *token { return p.ahead(0) }

func (p *parser) ahead(n int) *token {
	if p.i+n < len(p.toks) {
		return &p.toks[p.i+n]
	}
	return &p.toks[len(p.toks)-1]
}

func (p *parser) next() *token {
	t := p.peek()
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// deeper counts what lies in each other; its result is to be called on the way back.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		p.fail(errorAt(p.peek().pos, "the query is nested deeper than %d levels", maxDepth))
	}
	return func() { p.depth-- }
}

// is reports whether the next token is a keyword or symbol.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		t := p.ahead(i)
		if t.kind != tokSymbol && t.kind != tokWord || !strings.EqualFold(t.text, w) {
			return false
		}
	}
	return true
}

// skip takes keywords or symbols when they come next.
func (p *parser) skip(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	for range words {
		p.next()
	}
	return true
}

func (p *parser) want(word string) *token {
	if !p.is(word) {
		p.unexpected(word)
	}
	return p.next()
}

// unexpected says what was found where something else should be.
func (p *parser) unexpected(wanted string) {
	t := p.peek()
	if t.kind == tokEnd {
		p.fail(errorAt(t.pos, "the query ends where %s should be", wanted))
	}
	e := errorAt(t.pos, "%s was not expected here, but %s", shown(p.src[t.pos:t.end]), wanted)
	if t.kind == tokWord {
		if w := nearestKeyword(t.text); w != "" {
			e.Hint = "did you mean " + w + "?"
		}
	}
	p.fail(e)
}

// shown is a piece of the query, shortened.
func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strconv.Quote(s)
}

func (p *parser) selectStatement() *Select {
	defer p.deeper()()
	s := &Select{Pos: p.want("SELECT").pos, Limit: -1}
	s.Distinct = p.skip("DISTINCT")
	s.Retained = p.skip("AS", "RETAINED", "SET")
	s.Distinct = p.skip("DISTINCT") || s.Distinct
	p.selectList(s)
	p.from(s)
	p.joins(s)
	if p.skip("WHERE") {
		s.Where = p.expr()
	}
	if p.skip("GROUP", "BY") {
		s.Group = p.exprs()
	}
	if p.skip("HAVING") {
		s.Having = p.expr()
	}
	p.order(s)
	for p.skip("UNION") {
		p.skip("ALL")
		p.want("(")
		s.Unions = append(s.Unions, p.selectStatement())
		p.want(")")
	}
	return s
}

func (p *parser) selectList(s *Select) {
	if p.is("*") {
		p.next()
		return
	}
	if p.is("OBJECTS") && !p.is("OBJECTS", ",") && !p.is("OBJECTS", "FROM") && !p.is("OBJECTS", ".") {
		p.next()
		s.Objects = true
	}
	for {
		from := p.peek().pos
		it := Item{Expr: p.expr()}
		it.src = p.src[from:p.toks[max(p.i-1, 0)].end]
		if p.skip("AS") {
			switch t := p.next(); t.kind {
			case tokWord, tokString, tokQuoted, tokChar:
				it.Name = t.text
			default:
				p.i--
				p.unexpected("the name of a column")
			}
		}
		s.Items = append(s.Items, it)
		if s.Objects && p.is(",") {
			p.fail(errorAt(p.peek().pos, "SELECT OBJECTS has one item").hinted("leave OBJECTS out for several columns"))
		}
		if !p.skip(",") {
			return
		}
	}
}

func (p *parser) order(s *Select) {
	if p.skip("ORDER", "BY") {
		for {
			o := Order{Expr: p.expr()}
			if o.Desc = p.skip("DESC"); !o.Desc {
				p.skip("ASC")
			}
			s.Order = append(s.Order, o)
			if !p.skip(",") {
				break
			}
		}
	}
	for range 2 {
		if p.skip("LIMIT") {
			s.Limit = p.count("LIMIT")
		}
		if p.skip("OFFSET") {
			s.Offset = p.count("OFFSET")
		}
	}
}

func (p *parser) count(clause string) int64 {
	t := p.peek()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != tokInt || err != nil {
		p.unexpected("a number after " + clause)
	}
	p.next()
	return n
}

func (p *parser) joins(s *Select) {
	for {
		j := Join{Pos: p.peek().pos}
		switch {
		case p.skip("LEFT", "OUTER", "JOIN"), p.skip("LEFT", "JOIN"):
			j.Left = true
		case p.skip("INNER", "JOIN"), p.skip("JOIN"):
		default:
			return
		}
		j.Expr = p.primary()
		if j.Alias = p.alias(); j.Alias == "" {
			p.unexpected("AS and a name for what is joined")
		}
		if p.skip("ON") {
			j.On = p.expr()
		}
		s.Joins = append(s.Joins, j)
	}
}

// alias reads [AS] name, "" when there is none.
func (p *parser) alias() string {
	as := p.skip("AS")
	t := p.peek()
	if t.kind == tokQuoted || t.kind == tokWord && (as || !slices.Contains(clauseWords, strings.ToUpper(t.text))) {
		p.next()
		return t.text
	}
	if as {
		p.unexpected("a name")
	}
	return ""
}

func (p *parser) from(s *Select) {
	s.From.Pos = p.want("FROM").pos
	f := &s.From
	if p.is("OBJECTS") && !p.is("OBJECTS", ".") {
		p.next()
		f.Objects = true
	}
	f.InstanceOf = p.skip("INSTANCEOF")
	f.Pos = p.peek().pos
	p.fromItem(f)
	f.Alias = p.alias()
}

func (p *parser) fromItem(f *From) {
	t := p.peek()
	switch {
	case p.skip("*"):
		f.All = true
	case f.Objects && (t.kind == tokEnd || p.is(")") || p.is(";") || p.is("AS") || t.kind == tokWord && slices.Contains(clauseWords, strings.ToUpper(t.text))):
		f.All = true
	case p.is("(", "SELECT"):
		p.next()
		f.Sub = p.selectStatement()
		p.want(")")
	case p.is("("), p.is("$"):
		f.Expr = p.postfix()
		if sub, ok := f.Expr.(*Sub); ok { // ((SELECT …))
			f.Sub, f.Expr = sub.Select, nil
		}
	case t.kind == tokString:
		p.next()
		f.Pattern, f.IsPattern = t.text, true
	case t.kind == tokHex:
		f.Addrs = p.numbers(tokHex, 16, "an address")
	case t.kind == tokInt:
		f.IDs = p.numbers(tokInt, 10, "an object id")
	case t.kind == tokWord || t.kind == tokQuoted:
		f.Class = p.class()
	default:
		p.unexpected("a class, \"pattern\", 0xADDRESS, * or (SELECT …)")
	}
}

// numbers reads a list of addresses or ids.
func (p *parser) numbers(kind tokenKind, base int, wanted string) []uint64 {
	var out []uint64
	for {
		t := p.peek()
		if t.kind != kind {
			p.unexpected(wanted)
		}
		n, err := strconv.ParseUint(t.text, base, 64)
		if err != nil {
			p.fail(errorAt(t.pos, "%s is too large", shown(t.text)))
		}
		p.next()
		out = append(out, n)
		if !p.skip(",") {
			return out
		}
	}
}

// class reads the name of a class.
func (p *parser) class() string {
	if t := p.peek(); t.kind == tokQuoted {
		p.next()
		return t.text
	}
	var b strings.Builder
	for {
		t := p.peek()
		if t.kind != tokWord {
			p.unexpected("the name of a class")
		}
		p.next()
		b.WriteString(t.text)
		if !p.is(".") {
			break
		}
		p.next()
		b.WriteByte('.')
	}
	for p.skip("[]") {
		b.WriteString("[]")
	}
	return b.String()
}

// AsError returns the error of a query in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
