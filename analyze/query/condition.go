package query

import (
	"math"
	"slices"
	"strings"

	"heapcause/graph"
)

// cond is a condition on the rows that its worker is at.
type cond func() bool

func mod(x, y float64) float64 { return math.Mod(x, y) }

// cond compiles an expression as a condition.
func (c *compiler) cond(e Expr, sc *scope) cond {
	if sc.group != nil {
		if slot, ok := sc.group.slotOf[text(e)]; ok {
			x := c.use(slot)
			return func() bool { v := x(); return v.truth() }
		}
	}
	switch e := e.(type) {
	case *Unary:
		if e.Op == "NOT" {
			test := c.cond(e.X, sc)
			return func() bool { return !test() }
		}
	case *Binary:
		if test := c.binaryCond(e, sc); test != nil {
			return test
		}
	case *Like:
		return c.like(e, sc)
	case *In:
		return c.in(e, sc)
	case *IsNull:
		x, no := c.expr(e.X, sc), e.Not
		return func() bool { v := x(); return (v.kind == kindNull) != no }
	case *TypeOf:
		return c.typeOf(e, sc)
	}
	x := c.expr(e, sc)
	return func() bool { v := x(); return v.truth() }
}

func (c *compiler) binaryCond(e *Binary, sc *scope) cond {
	switch e.Op {
	case "AND":
		x, y := c.cond(e.X, sc), c.cond(e.Y, sc)
		return func() bool { return x() && y() }
	case "OR":
		x, y := c.cond(e.X, sc), c.cond(e.Y, sc)
		return func() bool { return x() || y() }
	case "=":
		return c.equality(e, sc)
	case "!=":
		test := c.equality(e, sc)
		return func() bool { return !test() }
	case "<", ">", "<=", ">=":
		return c.ordered(e, sc)
	}
	return nil
}

func (c *compiler) equality(e *Binary, sc *scope) cond {
	if lit, ok := e.Y.(*Lit); ok && lit.Value.kind == kindText {
		if test := c.textTest(e.X, sc, func(b []byte) bool { return string(b) == lit.Value.s }); test != nil {
			return test
		}
	}
	x, h := c.expr(e.X, sc), c.w.h
	if lit, ok := e.Y.(*Lit); ok && lit.Value.kind == kindInt {
		n := lit.Value
		return func() bool {
			a := x()
			if a.kind == kindInt {
				return a.bits == n.bits
			}
			return equal(h, a, n)
		}
	}
	y := c.expr(e.Y, sc)
	return func() bool {
		a := x()
		b := y()
		return equal(h, a, b)
	}
}

func (c *compiler) ordered(e *Binary, sc *scope) cond {
	x, y, h := c.expr(e.X, sc), c.expr(e.Y, sc), c.w.h
	less, orEqual, greater := e.Op[0] == '<', len(e.Op) > 1, e.Op[0] == '>'
	return func() bool {
		a := x()
		b := y()
		d, ok := compare(h, a, b)
		return ok && (d < 0 && less || d > 0 && greater || d == 0 && orEqual)
	}
}

// textTest is the condition on the text of toString(x) that makes no string of it; nil for other expressions.
func (c *compiler) textTest(e Expr, sc *scope, test func(b []byte) bool) cond {
	call, ok := e.(*Call)
	if !ok || call.X != nil || !strings.EqualFold(call.Name, "toString") || len(call.Args) != 1 || call.Distinct || sc.group != nil {
		return nil
	}
	c.reads = true
	x, w := c.expr(call.Args[0], sc), c.w
	args := make([]Value, 1)
	return func() bool {
		v := x()
		if v.kind == kindObject {
			if b, ok := w.stringBytes(graph.Object(v.bits)); ok {
				return test(b)
			}
		}
		args[0] = v
		t := toStringOf(w, args)
		return t.kind == kindText && test([]byte(t.s))
	}
}

func (c *compiler) like(e *Like, sc *scope) cond {
	m, err := newMatcher(e.Pattern)
	if err != nil {
		c.stop(errorAt(e.at(), "the pattern is no regular expression: %s", reason(err)).hinted("the syntax is RE2's: no look-ahead, no back-references"))
	}
	if test := c.textTest(e.X, sc, m.match); test != nil {
		if e.Not {
			return func() bool { return !test() }
		}
		return test
	}
	x, w, no := c.expr(e.X, sc), c.w, e.Not
	c.reads = true
	return func() bool {
		t := w.text(x())
		return t.kind == kindText && m.matchString(t.s) != no
	}
}

func reason(err error) string {
	return strings.TrimPrefix(strings.ReplaceAll(err.Error(), "^(?:", ""), "error parsing regexp: ")
}

func (c *compiler) in(e *In, sc *scope) cond {
	x, w, no := c.expr(e.X, sc), c.w, e.Not
	if e.List != nil {
		return c.inList(x, e, sc)
	}
	if sub, ok := e.Y.(*Sub); ok {
		if in, own := c.inner(sub.Select, sc); own {
			set := c.shared.set(sub.Select, in)
			return func() bool {
				v := x()
				return v.kind != kindNull && set.has(w, v) != no
			}
		}
	}
	y := c.expr(e.Y, sc)
	c.reads = true
	return func() bool {
		v := x()
		l := y()
		if v.kind == kindNull || l.kind == kindNull {
			return false
		}
		return w.in(v, l) != no
	}
}

// inList is IN (a, b, …); literals are looked up.
func (c *compiler) inList(x eval, e *In, sc *scope) cond {
	h, w, no := c.w.h, c.w, e.Not
	known := map[string]bool{}
	var rest []eval
	for _, item := range e.List {
		if lit, ok := item.(*Lit); ok && lit.Value.kind != kindAddr && lit.Value.kind != kindInt {
			known[string(appendKey(h, nil, lit.Value))] = true
		} else if ok && lit.Value.kind == kindInt {
			known[string(appendKey(h, nil, lit.Value))] = true
			known[string(appendKey(h, nil, Value{kind: kindObject, bits: lit.Value.bits}))] = true
		} else if ok {
			known[string(appendKey(h, nil, lit.Value))] = true
			if o, found := h.Lookup(lit.Value.bits); found {
				known[string(appendKey(h, nil, objectValue(o)))] = true
			}
		} else {
			rest = append(rest, c.expr(item, sc))
		}
	}
	var key []byte
	return func() bool {
		v := x()
		if v.kind == kindNull {
			return false
		}
		key = appendKey(h, key[:0], v)
		found := known[string(key)]
		for _, r := range rest {
			if found {
				break
			}
			y := r()
			found = equal(h, v, y) || y.kind == kindList && w.in(v, y)
		}
		return found != no
	}
}

// matTypes are what MAT's classes are called: IMPLEMENTS tests for them.
var matTypes = []string{"IObject", "IClass", "IInstance", "IArray", "IObjectArray", "IPrimitiveArray", "IClassLoader"}

func (c *compiler) typeOf(e *TypeOf, sc *scope) cond {
	x, w := c.expr(e.X, sc), c.w
	if e.Op == "INSTANCEOF" {
		if len(w.h.ClassesByName(e.Class)) == 0 {
			c.stop(c.lex.unknownClass(e.at(), e.Class))
		}
		is := w.h.Subclasses(e.Class)
		return func() bool {
			o, ok := w.asObject(w.thing(x()))
			return ok && is[w.h.ClassOf(o)]
		}
	}
	name := simpleName(e.Class)
	if !slices.Contains(matTypes, name) || e.Class != name && !strings.HasPrefix(e.Class, "org.eclipse.mat.snapshot.model.") {
		c.stop(errorAt(e.at(), "a heap dump does not record interfaces").
			hinted("IMPLEMENTS tests for MAT's own %s; INSTANCEOF for a class and its subclasses", enumerate(matTypes, 9)))
	}
	return func() bool { return w.is(name, x()) }
}

// is reports whether MAT would represent a value so.
func (w *worker) is(matType string, v Value) bool {
	o, ok := w.asObject(w.thing(v))
	if !ok {
		return v.kind == kindClass && (matType == "IClass" || matType == "IObject")
	}
	_, isClass := w.h.AsClass(o)
	k := w.h.Class(w.h.ClassOf(o))
	switch matType {
	case "IObject":
		return true
	case "IClass":
		return isClass
	case "IArray":
		return k.IsArray
	case "IObjectArray":
		return k.IsArray && referenceType(k.Elem)
	case "IPrimitiveArray":
		return k.IsArray && !referenceType(k.Elem)
	case "IClassLoader":
		return w.inherits(w.h.ClassOf(o), "java.lang.ClassLoader")
	}
	return !isClass && !k.IsArray
}
