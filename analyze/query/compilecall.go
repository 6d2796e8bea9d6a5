package query

import (
	"slices"
	"strings"
)

// call compiles a function or an aggregate.
func (c *compiler) call(e *Call, sc *scope) eval {
	if _, ok := aggregates[strings.ToUpper(e.Name)]; ok {
		return c.aggregate(e, sc)
	}
	f, ok := c.lex.functions[strings.ToLower(e.Name)]
	if !ok {
		if _, isMethod := c.lex.methods[e.Name]; isMethod || beanName(e.Name) != "" { // of the row, as MAT has it
			if sc.row() != nil {
				return c.method(&Call{e.pos, &rowExpr{e.pos}, e.Name, false, false, e.Args}, sc)
			}
		}
		var all []string
		for n := range c.lex.functions {
			all = append(all, n)
		}
		for n := range aggregates {
			all = append(all, n)
		}
		slices.Sort(all)
		c.stop(meant(errorAt(e.at(), "there is no function %s", e.Name), e.Name, all, "docs/query.md lists them"))
	}
	if e.Star || e.Distinct {
		c.stop(errorAt(e.at(), "%s takes no * and no DISTINCT", e.Name))
	}
	c.checkArgs(e, f.min, f.max, f.args)
	if hot := c.hotCall(e, sc); hot != nil {
		return hot
	}
	c.reads = c.reads || f.dump
	args := c.exprs(e.Args, sc)
	w, call, vals := c.w, f.call, make([]Value, len(args))
	if len(args) == 1 {
		arg := args[0]
		return func() Value {
			vals[0] = arg()
			return call(w, vals)
		}
	}
	return func() Value {
		for i, a := range args {
			vals[i] = a()
		}
		return call(w, vals)
	}
}

func (c *compiler) checkArgs(e *Call, low, high int, args string) {
	if n := len(e.Args); n < low || n > high {
		c.stop(errorAt(e.at(), "%s(%s) has %d arguments here", e.Name, args, n))
	}
}

// rowExpr stands for the row of a bare method.
type rowExpr struct{ pos }

func (c *compiler) method(e *Call, sc *scope) eval {
	var x eval
	if _, bare := e.X.(*rowExpr); bare {
		x = c.row(e.at(), sc)
	} else {
		x = c.expr(e.X, sc)
	}
	w := c.w
	m, ok := c.lex.methods[e.Name]
	if !ok {
		a, isBean := c.lex.attrs[beanName(e.Name)]
		if !isBean || len(e.Args) > 0 {
			var all []string
			for n := range c.lex.methods {
				all = append(all, n)
			}
			slices.Sort(all)
			c.stop(meant(errorAt(e.at(), "there is no method %s", e.Name), e.Name, all, "code of the application is not run; docs/query.md lists the methods"))
		}
		c.reads = c.reads || a.dump
		return func() Value { return a.get(w, x()) }
	}
	c.checkArgs(e, m.min, m.max, m.args)
	c.reads = c.reads || m.dump && !graphSize(e)
	args := c.exprs(e.Args, sc)
	vals := make([]Value, len(args))
	return func() Value {
		r := x()
		if r.kind == kindNull {
			return r
		}
		for i, a := range args {
			vals[i] = a()
		}
		return m.call(w, r, vals)
	}
}

// graphSize reports whether a method asks for the length of a list that the graph knows.
func graphSize(e *Call) bool {
	of, ok := e.X.(*Call)
	return ok && of.X == nil && (e.Name == "size" || e.Name == "length") && strings.HasPrefix(strings.ToLower(of.Name), "dominat")
}

func (c *compiler) aggregate(e *Call, sc *scope) eval {
	g := sc.group
	if g == nil {
		c.stop(errorAt(e.at(), "%s has no group here", strings.ToUpper(e.Name)).hinted("aggregates belong into SELECT, HAVING and ORDER BY"))
	}
	name := strings.ToUpper(e.Name)
	switch {
	case e.Star && name != "COUNT":
		c.stop(errorAt(e.at(), "%s(*) has no meaning", name).hinted("COUNT(*) counts rows"))
	case e.Distinct && name != "COUNT":
		c.stop(errorAt(e.at(), "%s(DISTINCT …) is not known", name).hinted("COUNT(DISTINCT x) is"))
	case !e.Star && len(e.Args) != 1:
		c.stop(errorAt(e.at(), "%s(x) has %d arguments here", name, len(e.Args)))
	}
	a := aggregate{name: name, distinct: e.Distinct, slot: c.slot()}
	if !e.Star {
		inner := *sc
		inner.group, inner.items = nil, nil
		a.arg = c.expr(e.Args[0], &inner)
	}
	g.aggs = append(g.aggs, a)
	g.slotOf[text(e)] = a.slot
	return c.use(a.slot)
}

// sub compiles a sub-select: its rows are a list, null when there are none, or the thing itself where it selects from one thing.
func (c *compiler) sub(e *Sub, sc *scope) eval {
	in, own := c.inner(e.Select, sc)
	if own {
		return c.sharedSub(e, in)
	}
	return func() Value { return in.value() }
}

// inner builds a sub-select; own says that it does not depend on the rows around it.
func (c *compiler) inner(s *Select, sc *scope) (*instance, bool) {
	lowest, base := c.lowest, c.slots
	c.lowest = base
	in := c.build(s, sc)
	own := c.lowest >= base
	in.setOwn(own)
	c.lowest = min(lowest, c.lowest)
	c.reads = true
	return in, own
}

// sharedSub is a sub-select that is run once, for all workers.
func (c *compiler) sharedSub(e *Sub, in *instance) eval {
	res := c.shared.of(e.Select, in)
	w := c.w
	return func() Value {
		v, err := res.value()
		if err != nil {
			w.fail(err)
		}
		return v
	}
}

func (c *compiler) unary(e *Unary, sc *scope) eval {
	if e.Op == "NOT" {
		test := c.cond(e.X, sc)
		return func() Value { return boolValue(!test()) }
	}
	x := c.expr(e.X, sc)
	return func() Value {
		v := x()
		switch v.kind {
		case kindInt, kindChar:
			v.bits = -v.bits
			v.kind = kindInt
			return v
		case kindFloat:
			out := floatValue(-v.float())
			out.content = v.content
			return out
		}
		return Value{}
	}
}

func (c *compiler) binary(e *Binary, sc *scope) eval {
	switch e.Op {
	case "+", "-", "*", "/", "%", "||":
	default:
		test := c.cond(e, sc)
		return func() Value { return boolValue(test()) }
	}
	x, y, w := c.expr(e.X, sc), c.expr(e.Y, sc), c.w
	op := e.Op[0]
	if op == '|' {
		return func() Value {
			a, b := x(), y()
			return w.join(a, b)
		}
	}
	return func() Value {
		a, b := x(), y()
		return w.arithmetic(op, a, b)
	}
}

// join is a text put together; null joins as "null", as in Java.
func (w *worker) join(a, b Value) Value {
	out := Value{kind: kindText}
	for _, v := range []Value{a, b} {
		t := w.text(v)
		if v.kind == kindNull {
			t.s = "null"
		}
		if len(out.s)+len(t.s) > 16*maxText {
			return w.fail(&BoundError{"a text grows beyond its bounds", "join less"})
		}
		out.s += t.s
		out.content = out.content || t.content
	}
	return out
}

// arithmetic computes with numbers; whole ones stay whole but for /, which gives what Java's doubles do. Null makes null.
func (w *worker) arithmetic(op byte, a, b Value) Value {
	if op == '+' && (a.kind == kindText || b.kind == kindText) {
		return w.join(a, b)
	}
	if !a.number() || !b.number() {
		return Value{}
	}
	out := Value{kind: kindInt, content: a.content || b.content, unit: unitOf(op, a, b)}
	if op == '/' || a.kind == kindFloat || b.kind == kindFloat {
		x, y := a.float(), b.float()
		f := map[byte]func() float64{'+': func() float64 { return x + y }, '-': func() float64 { return x - y }, '*': func() float64 { return x * y }, '/': func() float64 { return x / y }, '%': func() float64 { return mod(x, y) }}[op]()
		v := floatValue(f)
		v.content = out.content
		if out.unit == bytesUnit {
			v.unit = bytesUnit
		}
		return v
	}
	x, y := int64(a.bits), int64(b.bits)
	switch op {
	case '+':
		out.bits = uint64(x + y)
	case '-':
		out.bits = uint64(x - y)
	case '*':
		out.bits = uint64(x * y)
	case '%':
		if y == 0 {
			return Value{}
		}
		out.bits = uint64(x % y)
	}
	return out
}

// unitOf is what a number that was computed is a number of.
func unitOf(op byte, a, b Value) unit {
	switch {
	case a.unit == b.unit && (op == '+' || op == '-') && a.unit != idUnit:
		return a.unit
	case a.unit == bytesUnit && b.unit == noUnit, a.unit == bytesUnit && b.unit == countUnit && op == '/', a.unit == noUnit && b.unit == bytesUnit && op == '*':
		return bytesUnit
	case a.unit == countUnit && b.unit == noUnit && op != '/':
		return countUnit
	}
	return noUnit
}

func (in *instance) setOwn(own bool) {
	in.own = own
	for _, u := range in.union {
		u.setOwn(own)
	}
}
