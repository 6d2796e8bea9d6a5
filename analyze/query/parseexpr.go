package query

import (
	"strconv"
	"strings"
)

// expr reads an expression. From weakest to strongest bind OR, AND, NOT, = !=, < > LIKE IN, + -, * / %, signs, and what
// follows a value: .field @attribute [index] (arguments).
func (p *parser) expr() Expr {
	defer p.deeper()()
	return p.chain(p.and, "OR")
}

func (p *parser) exprs() []Expr {
	out := []Expr{p.expr()}
	for p.skip(",") {
		out = append(out, p.expr())
	}
	return out
}

// chain reads operands of one level between its operators, from left to right.
func (p *parser) chain(operand func() Expr, ops ...string) Expr {
	x := operand()
	depth := p.depth
	defer func() { p.depth = depth }()
	for {
		op := ""
		for _, o := range ops {
			if p.is(o) {
				op = o
			}
		}
		if op == "" {
			return x
		}
		at := p.next().pos
		p.deeper() // a long chain makes a deep tree
		if op == "<>" {
			op = "!="
		}
		x = &Binary{pos(at), op, x, operand()}
	}
}

func (p *parser) and() Expr { return p.many(p.not, "AND") }

func (p *parser) not() Expr {
	if !p.is("NOT") {
		return p.equality()
	}
	defer p.deeper()()
	at := p.next().pos
	return &Unary{pos(at), "NOT", p.not()}
}

// many is chain for operators whose operands may be grouped at will: a balanced tree keeps long ones flat.
func (p *parser) many(operand func() Expr, op string) Expr {
	xs, ats := []Expr{operand()}, []int{}
	for p.is(op) {
		ats = append(ats, p.next().pos)
		xs = append(xs, operand())
	}
	return balanced(op, xs, ats)
}

func balanced(op string, xs []Expr, ats []int) Expr {
	if len(xs) == 1 {
		return xs[0]
	}
	m := len(xs) / 2
	return &Binary{pos(ats[m-1]), op, balanced(op, xs[:m], ats[:m-1]), balanced(op, xs[m:], ats[m:])}
}

func (p *parser) equality() Expr { return p.chain(p.relation, "=", "!=", "<>") }

func (p *parser) relation() Expr {
	x := p.chain(p.sum, "<", ">", "<=", ">=")
	for {
		at := p.peek().pos
		negated := p.is("NOT", "LIKE") || p.is("NOT", "IN") || p.is("NOT", "BETWEEN")
		if negated {
			p.next()
		}
		switch {
		case p.skip("LIKE"):
			x = &Like{pos(at), negated, x, p.pattern()}
		case p.skip("IN"):
			x = p.in(at, negated, x)
		case p.skip("BETWEEN"):
			x = p.between(at, negated, x)
		case p.skip("IS"):
			n := p.skip("NOT")
			p.want("NULL")
			x = &IsNull{pos(at), n, x}
		case p.is("IMPLEMENTS"), p.is("INSTANCEOF"):
			op := strings.ToUpper(p.next().text)
			x = &TypeOf{pos(p.peek().pos), op, x, p.class()}
		default:
			return x
		}
		defer p.deeper()()
	}
}

func (p *parser) pattern() string {
	t := p.peek()
	if t.kind != tokString && t.kind != tokChar {
		p.unexpected("a regular expression in quotes")
	}
	p.next()
	return t.text
}

func (p *parser) between(at int, negated bool, x Expr) Expr {
	lo := p.sum()
	p.want("AND")
	hi := p.sum()
	var e Expr = &Binary{pos(at), "AND", &Binary{pos(at), ">=", x, lo}, &Binary{pos(at), "<=", x, hi}}
	if negated {
		e = &Unary{pos(at), "NOT", e}
	}
	return e
}

// in reads what follows IN: a list in brackets, or an expression that is one.
func (p *parser) in(at int, negated bool, x Expr) Expr {
	e := &In{pos: pos(at), Not: negated, X: x}
	if !p.is("(") || p.is("(", "SELECT") || p.is("(", "(", "SELECT") {
		e.Y = p.sum()
		return e
	}
	start := p.i
	p.next()
	e.List = p.exprs()
	p.want(")")
	if p.is(".") || p.is("[") || p.is("+") { // the bracket began an expression
		p.i = start
		e.List, e.Y = nil, p.sum()
	}
	return e
}

func (p *parser) sum() Expr     { return p.chain(p.product, "+", "-", "||") }
func (p *parser) product() Expr { return p.chain(p.sign, "*", "/", "%") }

func (p *parser) sign() Expr {
	if p.is("+") {
		defer p.deeper()()
		p.next()
		return p.sign()
	}
	if !p.is("-") {
		return p.primary()
	}
	defer p.deeper()()
	at := p.next().pos
	if t := p.peek(); (t.kind == tokInt || t.kind == tokFloat) && !p.ahead(1).after() {
		p.next()
		n := *t
		n.text = "-" + t.text
		return p.number(&n, at)
	}
	return &Unary{pos(at), "-", p.sign()}
}

// after reports whether the token goes on with the value before it.
func (t *token) after() bool { return t.kind == tokSymbol && (t.text == "." || t.text == "[") }

func (p *parser) primary() Expr {
	defer p.deeper()()
	return p.postfix()
}

// postfix reads a value and what follows it.
func (p *parser) postfix() Expr {
	x := p.operand()
	depth := p.depth
	defer func() { p.depth = depth }()
	for {
		t := p.peek()
		switch {
		case p.skip("."):
			x = p.member(x)
		case p.skip("["):
			i := p.expr()
			if p.skip(":") {
				x = &Slice{pos(t.pos), x, i, p.expr()}
			} else {
				x = &Index{pos(t.pos), x, i}
			}
			p.want("]")
		default:
			return x
		}
		p.deeper()
	}
}

// member reads what follows a dot.
func (p *parser) member(x Expr) Expr {
	native := p.skip("@")
	t := p.peek()
	if t.kind != tokWord && t.kind != tokQuoted {
		p.unexpected("the name of a field, @attribute or method")
	}
	if !native {
		if path, ok := p.qualified(); ok {
			return p.declared(t.pos, x, path)
		}
	}
	p.next()
	switch {
	case p.is("("):
		return p.call(t, x)
	case native:
		return &Attr{pos(t.pos), x, t.text}
	}
	return &FieldOf{pos(t.pos), x, t.text}
}

// qualified returns the names before "::" when such a run comes next.
func (p *parser) qualified() ([]string, bool) {
	var path []string
	for n := 0; ; n += 2 {
		t, after := p.ahead(n), p.ahead(n+1)
		if t.kind != tokWord && t.kind != tokQuoted || after.kind != tokSymbol {
			return nil, false
		}
		path = append(path, t.text)
		if after.text == "::" {
			return path, true
		}
		if after.text != "." {
			return nil, false
		}
	}
}

// declared reads names, "::" and a field.
func (p *parser) declared(at int, x Expr, path []string) Expr {
	for range 2 * len(path) {
		p.next()
	}
	t := p.peek()
	if t.kind != tokWord && t.kind != tokQuoted {
		p.unexpected("the name of a field")
	}
	p.next()
	return &Qualified{pos(at), x, path, t.text}
}

func (p *parser) call(name *token, x Expr) Expr {
	p.want("(")
	c := &Call{pos: pos(name.pos), X: x, Name: name.text}
	if x == nil && p.is("*", ")") {
		p.next()
		c.Star = true
	} else {
		c.Distinct = x == nil && p.skip("DISTINCT")
		if !p.is(")") {
			c.Args = p.exprs()
		}
	}
	p.want(")")
	return c
}

// operand reads a literal, a name, a call, a bracket or a sub-select.
func (p *parser) operand() Expr {
	t := p.peek()
	switch t.kind {
	case tokInt, tokFloat, tokHex:
		p.next()
		return p.number(t, t.pos)
	case tokString:
		p.next()
		return &Lit{pos(t.pos), textValue(t.text)}
	case tokChar:
		p.next()
		if r := []rune(t.text); len(r) == 1 && r[0] <= 0xffff {
			return &Lit{pos(t.pos), charValue(uint64(r[0]))}
		}
		return &Lit{pos(t.pos), textValue(t.text)}
	case tokWord, tokQuoted:
		return p.name(t)
	}
	switch {
	case p.is("(", "SELECT"):
		p.next()
		s := &Sub{pos(t.pos), p.selectStatement()}
		p.want(")")
		return s
	case p.is("("):
		p.next()
		e := p.expr()
		p.want(")")
		return e
	case p.is("@"):
		p.next()
		n := p.next()
		if n.kind != tokWord && n.kind != tokQuoted {
			p.i--
			p.unexpected("the name of an attribute")
		}
		if n.kind == tokWord && p.is("(") {
			return p.call(n, nil)
		}
		return &Attr{pos(t.pos), nil, n.text}
	case p.is("$"):
		return p.env()
	}
	p.unexpected("a value")
	return nil
}

// env reads ${name}.
func (p *parser) env() Expr {
	at := p.want("$").pos
	p.want("{")
	t := p.next()
	if t.kind != tokWord {
		p.i--
		p.unexpected("snapshot or an alias")
	}
	p.want("}")
	return &Env{pos(at), t.text}
}

func (p *parser) name(t *token) Expr {
	if t.kind == tokWord {
		switch strings.ToUpper(t.text) {
		case "NULL":
			p.next()
			return &Lit{pos(t.pos), Value{}}
		case "TRUE", "FALSE":
			p.next()
			return &Lit{pos(t.pos), boolValue(strings.EqualFold(t.text, "true"))}
		}
		if isKeyword(t.text) && !p.ahead(1).after() && !strings.EqualFold(t.text, "objects") {
			p.unexpected("a value")
		}
	}
	if path, ok := p.qualified(); ok {
		return p.declared(t.pos, nil, path)
	}
	p.next()
	if p.is("(") && t.kind == tokWord {
		return p.call(t, nil)
	}
	return &Name{pos(t.pos), t.text}
}

func (p *parser) number(t *token, at int) Expr {
	switch t.kind {
	case tokInt:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return &Lit{pos(at), intValue(n)}
		}
	case tokHex:
		if n, err := strconv.ParseUint(t.text, 16, 64); err == nil {
			return &Lit{pos(at), Value{kind: kindAddr, bits: n}}
		}
	case tokFloat:
		if f, err := strconv.ParseFloat(t.text, 64); err == nil {
			return &Lit{pos(at), floatValue(f)}
		}
	}
	p.fail(errorAt(at, "%s is no number that can be represented", shown(t.text)))
	return nil
}
