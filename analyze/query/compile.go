package query

import (
	"slices"
	"strings"

	"heapcause/graph"
)

// compiler turns expressions into closures of one worker and checks names on the way.
type compiler struct {
	w      *worker
	lex    *lexicon
	opt    *Options
	shared *sharedResults
	slots  int

	// What the expression at hand asks for; whoever cares sets them to the zero value before.
	reads  bool // the dump
	lowest int  // the lowest slot that was used
}

// stopAt ends compilation; build recovers it.
func (c *compiler) stop(e *Error) { panic(stop{e}) }

func (c *compiler) slot() int {
	c.slots++
	for len(c.w.rows) < c.slots {
		c.w.rows = append(c.w.rows, Value{})
	}
	return c.slots - 1
}

// use is the closure that yields a slot.
func (c *compiler) use(slot int) eval {
	c.lowest = min(c.lowest, slot)
	w := c.w
	return func() Value { return w.rows[slot] }
}

func constant(v Value) eval { return func() Value { return v } }

func (c *compiler) exprs(es []Expr, sc *scope) []eval {
	out := make([]eval, len(es))
	for i, e := range es {
		out[i] = c.expr(e, sc)
	}
	return out
}

func (c *compiler) expr(e Expr, sc *scope) eval {
	if sc.group != nil {
		if slot, ok := sc.group.slotOf[text(e)]; ok {
			return c.use(slot)
		}
	}
	switch e := e.(type) {
	case *Lit:
		return constant(e.Value)
	case *Name:
		return c.name(e, sc)
	case *Env:
		return c.env(e, sc)
	case *Attr:
		return c.attr(e, sc)
	case *FieldOf:
		return c.field(e, sc)
	case *Qualified:
		return c.qualified(e, sc)
	case *Call:
		if e.X != nil {
			return c.method(e, sc)
		}
		return c.call(e, sc)
	case *Index:
		x, i, w := c.expr(e.X, sc), c.expr(e.I, sc), c.w
		c.reads = true
		return func() Value {
			l := x()
			if n := i(); n.kind == kindInt {
				return w.index(l, int64(n.bits))
			}
			return Value{}
		}
	case *Slice:
		x, i, j, w := c.expr(e.X, sc), c.expr(e.I, sc), c.expr(e.J, sc), c.w
		c.reads = true
		return func() Value {
			l, from, to := x(), i(), j()
			if from.kind == kindInt && to.kind == kindInt {
				return w.slice(l, int64(from.bits), int64(to.bits))
			}
			return Value{}
		}
	case *Unary:
		return c.unary(e, sc)
	case *Binary:
		return c.binary(e, sc)
	case *Sub:
		return c.sub(e, sc)
	}
	test := c.cond(e, sc)
	return func() Value { return boolValue(test()) }
}

// row is the closure of what a bare field or attribute belongs to.
func (c *compiler) row(at int, sc *scope) eval {
	r := sc.row()
	if r == nil {
		c.stop(errorAt(at, "there is no row here"))
	}
	c.notGrouped(at, sc)
	return c.use(r.slot)
}

// notGrouped refuses what differs between the rows of a group.
func (c *compiler) notGrouped(at int, sc *scope) {
	if sc.group != nil {
		c.stop(errorAt(at, "this differs within a group").hinted("put it into GROUP BY, or into COUNT, SUM, AVG, MIN or MAX"))
	}
}

func (c *compiler) name(e *Name, sc *scope) eval {
	for s := sc; s != nil; s = s.outer {
		if a, ok := s.find(e.Name); ok {
			c.notGrouped(e.at(), s)
			return c.use(a.slot)
		}
		for _, it := range s.items {
			if it.Name == e.Name && it.Name != "" {
				inner := *s
				inner.items = nil
				return c.expr(it.Expr, &inner)
			}
		}
	}
	if e.Name == "snapshot" {
		return constant(Value{kind: kindSnapshot})
	}
	r := sc.row()
	if r == nil {
		c.stop(errorAt(e.at(), "%s is not known here", e.Name))
	}
	row := c.row(e.at(), sc)
	if err := c.checkMember(e.at(), e.Name, r); err != nil {
		if isWord := r.name != "" && err.Hint == ""; isWord {
			err.Hint = "the row is named " + r.name
		}
		c.stop(err)
	}
	return c.read(row, e.Name, "")
}

// checkMember refuses a field that a row cannot have.
func (c *compiler) checkMember(at int, name string, a *alias) *Error {
	if a.columns == nil {
		return c.lex.checkField(at, name, a.classes)
	}
	r := record{names: a.columns, vals: make([]Value, len(a.columns))}
	if _, ok := r.get(name); ok || len(a.columns) == 1 {
		return nil
	}
	return meant(errorAt(at, "the sub-select has no column %s", name), name, a.columns, "it has "+enumerate(a.columns, 12))
}

func (c *compiler) env(e *Env, sc *scope) eval {
	if e.Name == "snapshot" {
		return constant(Value{kind: kindSnapshot})
	}
	for s := sc; s != nil; s = s.outer {
		if a, ok := s.find(e.Name); ok {
			c.notGrouped(e.at(), s)
			return c.use(a.slot)
		}
	}
	c.stop(errorAt(e.at(), "${%s} is not known here", e.Name).hinted("${snapshot} is the heap; an alias may be written so too"))
	return nil
}

func (c *compiler) attr(e *Attr, sc *scope) eval {
	a, ok := c.lex.attrs[e.Name]
	if !ok {
		var all []string
		for n := range c.lex.attrs {
			all = append(all, n)
		}
		slices.Sort(all)
		c.stop(meant(errorAt(e.at(), "there is no attribute @%s", e.Name), e.Name, all, "docs/query.md lists them"))
	}
	if hot := c.hotAttr(e.Name, e.X, sc, a.get); hot != nil {
		return hot
	}
	c.reads = c.reads || a.dump && e.Name != "length"
	var x eval
	if e.X == nil {
		x = c.row(e.at(), sc)
	} else {
		x = c.expr(e.X, sc)
	}
	w, get := c.w, a.get
	return func() Value { return get(w, x()) }
}

func (c *compiler) field(e *FieldOf, sc *scope) eval {
	x := c.expr(e.X, sc)
	if n, ok := e.X.(*Name); ok {
		for s := sc; s != nil; s = s.outer {
			if a, ok := s.find(n.Name); ok {
				if err := c.checkMember(e.at(), e.Name, a); err != nil {
					c.stop(err)
				}
				return c.read(x, e.Name, "")
			}
		}
	}
	if _, isCall := e.X.(*Call); !isCall && !isSub(e.X) {
		if err := c.lex.checkField(e.at(), e.Name, nil); err != nil && !c.hasRows(sc) {
			c.stop(err)
		}
	}
	return c.read(x, e.Name, "")
}

func isSub(e Expr) bool {
	switch e := e.(type) {
	case *Sub:
		return true
	case *Index:
		return isSub(e.X)
	case *FieldOf:
		return isSub(e.X)
	case *Call:
		return true
	}
	return false
}

// hasRows reports whether a row of a sub-select is in reach: then any name may be one of its columns.
func (c *compiler) hasRows(sc *scope) bool {
	for s := sc; s != nil; s = s.outer {
		for i := range s.names {
			if s.names[i].columns != nil || s.names[i].classes == nil {
				return true
			}
		}
	}
	return false
}

// read is the closure of a field, as class declares it or, for "", as the object's own class has it.
func (c *compiler) read(x eval, name, class string) eval {
	c.reads = true
	h := c.w.h
	r := &fieldReader{w: c.w, name: name, lastClass: graph.NoClass, known: map[graph.Class]graph.Field{}}
	r.find = func(k graph.Class) graph.Field {
		if class == "" {
			f, _ := h.FindField(k, name)
			return f
		}
		for range h.NumClasses() {
			if k == graph.NoClass {
				break
			}
			if n := h.Class(k).Name; n == class {
				f, _ := h.BindClass(k, name)
				return f
			}
			k = h.Class(k).Super
		}
		return graph.Field{}
	}
	return func() Value { return r.read(x()) }
}

// qualified resolves Class::field, before which there may be an alias and fields on the way.
func (c *compiler) qualified(e *Qualified, sc *scope) eval {
	path := e.Path
	var x eval
	if e.X != nil {
		x = c.expr(e.X, sc)
	} else {
		for s := sc; s != nil && len(path) > 1 && x == nil; s = s.outer {
			if a, ok := s.find(path[0]); ok {
				c.notGrouped(e.at(), s)
				x, path = c.use(a.slot), path[1:]
			}
		}
		if x == nil {
			x = c.row(e.at(), sc)
		}
	}
	for i := range path {
		if class, ok := c.declaring(e, strings.Join(path[i:], ".")); ok {
			for _, f := range path[:i] {
				x = c.read(x, f, "")
			}
			return c.read(x, e.Name, class)
		}
	}
	name := strings.Join(path, ".")
	for i := range path {
		if n := strings.Join(path[i:], "."); len(c.lex.h.ClassesByName(n)) > 0 {
			all := make([]bool, c.lex.h.NumClasses())
			all[c.lex.h.ClassesByName(n)[0]] = true
			c.stop(meant(errorAt(e.at(), "%s declares no field %s", n, e.Name), e.Name, c.lex.fieldsOf(all), ""))
		}
	}
	c.stop(c.lex.unknownClass(e.at(), name))
	return nil
}

// declaring finds the class of a name, or of a simple name, that declares a field.
func (c *compiler) declaring(e *Qualified, name string) (string, bool) {
	h := c.lex.h
	declares := func(k graph.Class) bool {
		for _, f := range h.Class(k).Fields {
			if f.Name == e.Name {
				return true
			}
		}
		return false
	}
	if cs := h.ClassesByName(name); len(cs) > 0 {
		return name, slices.ContainsFunc(cs, declares)
	}
	var found []string
	for k := range graph.Class(h.NumClasses()) {
		full := h.Class(k).Name
		if (strings.HasSuffix(full, "."+name) || strings.HasSuffix(full, "$"+name)) && declares(k) && !slices.Contains(found, full) {
			found = append(found, full)
		}
	}
	if len(found) > 1 {
		slices.Sort(found)
		c.stop(errorAt(e.at(), "%s::%s may be of several classes", name, e.Name).hinted("there are %s", enumerate(found, 6)))
	}
	if len(found) == 0 {
		return "", false
	}
	return found[0], true
}
