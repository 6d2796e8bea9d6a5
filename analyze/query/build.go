package query

import (
	"regexp"
	"slices"

	"heapcause/graph"
)

// instance is a checked SELECT, ready to run on one worker.
type instance struct {
	w     *worker
	c     *compiler
	s     *Select
	outer *scope
	scope *scope
	own   bool // it does not depend on a query around it

	src   source
	slot  int
	tests []cond // on the row alone
	joins []join
	items []eval // nil for *
	names []string
	group *grouping
	order []eval
	union []*instance

	reads      bool // tests read the dump
	groupReads bool // tests, keys or aggregates do
}

// join is a Join, ready to run.
type join struct {
	list  eval
	slot  int
	left  bool
	on    cond
	tests []cond // of WHERE, that can be judged from here on
}

// source is what the rows of FROM are.
type source struct {
	classes []bool // rows are instances of these classes; nil: of none
	list    eval   // rows are what this yields
	objects []graph.Object
	kinds   []graph.Class // rows are these classes
	sub     *instance
}

// build checks a SELECT and makes its closures. An *Error stops it.
func (c *compiler) build(s *Select, outer *scope) *instance {
	in := &instance{w: c.w, c: c, s: s, outer: outer, own: outer == nil}
	in.slot = c.slot()
	in.scope = &scope{outer: outer, names: []alias{{name: s.From.Alias, slot: in.slot}}}
	c.source(in)
	for i := range s.Joins {
		c.join(in, &s.Joins[i])
	}
	c.where(in)
	c.columns(in)
	for _, u := range s.Unions {
		x := c.build(u, outer)
		if len(x.names) != len(in.names) {
			c.stop(errorAt(u.Pos, "this SELECT has %d columns, the one before UNION %d", len(x.names), len(in.names)))
		}
		in.union = append(in.union, x)
	}
	return in
}

// source resolves FROM.
func (c *compiler) source(in *instance) {
	f, row := &in.s.From, &in.scope.names[0]
	h := c.w.h
	switch {
	case f.All:
		in.src.classes = everyClass(h)
		row.classes = in.src.classes
	case f.Sub != nil:
		c.fromSub(in, row)
	case f.Expr != nil:
		c.fromExpr(in)
	case len(f.Addrs) > 0, len(f.IDs) > 0:
		c.fromObjects(in, row)
	default:
		cs := c.classes(f)
		if f.Objects {
			in.src.kinds = cs
			row.classes = c.classClasses()
			return
		}
		in.src.classes = classSet(h, cs)
		row.classes = in.src.classes
	}
}

// classClasses is the set of java.lang.Class alone.
func (c *compiler) classClasses() []bool {
	if c.w.classClass == graph.NoClass {
		return nil
	}
	return classSet(c.w.h, []graph.Class{c.w.classClass})
}

func everyClass(h *graph.Heap) []bool {
	out := make([]bool, h.NumClasses())
	for i := range out {
		out[i] = true
	}
	return out
}

func classSet(h *graph.Heap, cs []graph.Class) []bool {
	out := make([]bool, h.NumClasses())
	for _, k := range cs {
		out[k] = true
	}
	return out
}

// classes finds the classes of a name or pattern.
func (c *compiler) classes(f *From) []graph.Class {
	h := c.w.h
	var out []graph.Class
	if f.IsPattern {
		re, err := regexp.Compile("^(?:" + fixPattern(f.Pattern) + ")$")
		if err != nil {
			c.stop(errorAt(f.Pos, "the pattern is no regular expression: %s", reason(err)).hinted("the syntax is RE2's: no look-ahead, no back-references"))
		}
		for k := range graph.Class(h.NumClasses()) {
			if re.MatchString(h.Class(k).Name) {
				out = append(out, k)
			}
		}
	} else if out = slices.Clone(h.ClassesByName(f.Class)); len(out) == 0 {
		e := c.lex.unknownClass(f.Pos, f.Class)
		if f.Objects {
			e.Hint += "; FROM * x takes all objects"
		}
		c.stop(e)
	}
	if f.InstanceOf {
		out = withSubclasses(h, out)
	}
	slices.Sort(out)
	return out
}

// withSubclasses adds all classes below some.
func withSubclasses(h *graph.Heap, cs []graph.Class) []graph.Class {
	in := classSet(h, cs)
	out := cs
	for k := range graph.Class(h.NumClasses()) {
		if in[k] {
			continue
		}
		for up := h.Class(k).Super; up != graph.NoClass; up = h.Class(up).Super {
			if in[up] {
				out = append(out, k)
				break
			}
		}
	}
	return out
}

// fromObjects takes addresses and ids: of classes, or with OBJECTS of the things themselves.
func (c *compiler) fromObjects(in *instance, row *alias) {
	f, h := &in.s.From, c.w.h
	for _, a := range f.Addrs {
		o, ok := h.Lookup(a)
		if !ok {
			c.stop(errorAt(f.Pos, "the dump has no object at 0x%x", a))
		}
		in.src.objects = append(in.src.objects, o)
	}
	for _, id := range f.IDs {
		if id >= uint64(h.NumObjects()) {
			c.stop(errorAt(f.Pos, "there is no object %d: they count from 0 to %d", id, h.NumObjects()-1))
		}
		in.src.objects = append(in.src.objects, graph.Object(id))
	}
	if f.Objects && !f.InstanceOf {
		cs := make([]graph.Class, 0, len(in.src.objects))
		for _, o := range in.src.objects {
			cs = append(cs, h.ClassOf(o))
		}
		row.classes = classSet(h, cs)
		return
	}
	var cs []graph.Class
	for _, o := range in.src.objects {
		k, ok := h.AsClass(o)
		if !ok {
			c.stop(errorAt(f.Pos, "%s is no class", h.Name(o)).hinted("FROM OBJECTS takes the object itself"))
		}
		cs = append(cs, k)
	}
	in.src.objects = nil
	c.ofClasses(in, cs, f.Objects)
	row.classes = in.src.classes
}

// ofClasses makes instances of classes the rows, or with INSTANCEOF and OBJECTS the classes.
func (c *compiler) ofClasses(in *instance, cs []graph.Class, themselves bool) {
	if in.s.From.InstanceOf {
		cs = withSubclasses(c.w.h, cs)
	}
	slices.Sort(cs)
	cs = slices.Compact(cs)
	if themselves {
		in.src.kinds = cs
		return
	}
	in.src.classes = classSet(c.w.h, cs)
}

func (c *compiler) fromSub(in *instance, row *alias) {
	f := &in.s.From
	sub, own := c.inner(f.Sub, in.outer)
	if !f.Objects || f.InstanceOf { // its objects are classes
		if !own {
			c.stop(errorAt(f.Pos, "classes do not depend on the row around").hinted("FROM OBJECTS (SELECT …) takes the objects themselves"))
		}
		cs, err := c.shared.classes(f.Sub, sub)
		if err != nil {
			c.stop(errorAt(f.Pos, "%s", err).hinted("FROM OBJECTS (SELECT …) takes the objects themselves"))
		}
		c.ofClasses(in, cs, f.Objects)
		row.classes = in.src.classes
		return
	}
	in.src.sub = sub
	if sub.items != nil && !f.Sub.Objects && !f.Sub.Retained {
		row.columns = sub.names
	} else if len(sub.union) == 0 && !f.Sub.Objects && !f.Sub.Retained {
		row.classes = sub.scope.names[0].classes
	}
}

// fromExpr takes what an expression yields: rows, or without OBJECTS classes whose instances are.
func (c *compiler) fromExpr(in *instance) {
	f := &in.s.From
	lowest, base := c.lowest, c.slots
	c.lowest = base
	outer := in.outer
	if outer == nil {
		outer = &scope{subject: -1}
	}
	list := c.expr(f.Expr, outer)
	own := c.lowest >= base
	c.lowest = min(lowest, c.lowest)
	if f.Objects && !f.InstanceOf {
		in.src.list = list
		return
	}
	if !own {
		c.stop(errorAt(f.Pos, "classes do not depend on the row around").hinted("FROM OBJECTS (…) takes the objects themselves"))
	}
	var cs []graph.Class
	eachOf(list(), func(v Value) bool {
		k, ok := c.w.asClass(c.w.thing(v))
		if v.kind == kindNull {
			return true
		}
		if !ok {
			c.stop(errorAt(f.Pos, "not all of this are classes").hinted("FROM OBJECTS (…) takes the objects themselves"))
		}
		cs = append(cs, k)
		return true
	})
	c.ofClasses(in, cs, f.Objects)
}

// eachOf calls fn with the elements of a list, or with the value that is none; with nothing for null.
func eachOf(v Value, fn func(Value) bool) {
	switch v.kind {
	case kindNull:
	case kindList:
		v.ref.(*list).each(fn)
	default:
		fn(v)
	}
}

func (c *compiler) join(in *instance, j *Join) {
	if _, taken := in.scope.find(j.Alias); taken {
		c.stop(errorAt(j.Pos, "there are two %s", j.Alias))
	}
	out := join{left: j.Left}
	if sub, ok := j.Expr.(*Sub); ok && len(sub.Select.Items) > 0 && !sub.Select.Objects && !sub.Select.Retained {
		x, own := c.inner(sub.Select, in.scope)
		if own {
			out.list = c.sharedSub(sub, x)
		} else {
			out.list = func() Value { return x.value() }
		}
		out.slot = c.slot()
		in.scope.names = append(in.scope.names, alias{name: j.Alias, slot: out.slot, columns: x.names})
	} else {
		list, w := c.expr(j.Expr, in.scope), c.w
		out.list = func() Value {
			v := list()
			if l := w.elements(v); l.kind == kindList {
				return l
			}
			return v
		}
		out.slot = c.slot()
		in.scope.names = append(in.scope.names, alias{name: j.Alias, slot: out.slot})
	}
	if j.On != nil {
		out.on = c.cond(j.On, in.scope)
	}
	in.joins = append(in.joins, out)
}

// where puts each part of the condition where it can be judged first.
func (c *compiler) where(in *instance) {
	if in.s.Where == nil {
		return
	}
	for _, part := range conjuncts(in.s.Where, nil) {
		reads := c.reads
		c.reads = false
		test := c.cond(part, in.scope)
		used := c.last(part, in)
		if used < 0 {
			in.reads = in.reads || c.reads
			in.tests = append(in.tests, test)
		} else {
			in.joins[used].tests = append(in.joins[used].tests, test)
		}
		c.reads = reads || c.reads
	}
}

// last returns the last join whose row an expression names, -1 for none. A sub-select may name any.
func (c *compiler) last(e Expr, in *instance) int {
	last := -1
	walk(e, func(x Expr) {
		name := ""
		switch x := x.(type) {
		case *Name:
			name = x.Name
		case *Env:
			name = x.Name
		case *Qualified:
			if x.X == nil {
				name = x.Path[0]
			}
		case *Sub:
			last = len(in.joins) - 1
		}
		for i := range in.joins {
			if in.s.Joins[i].Alias == name {
				last = max(last, i)
			}
		}
	})
	return last
}

func conjuncts(e Expr, out []Expr) []Expr {
	if b, ok := e.(*Binary); ok && b.Op == "AND" {
		return conjuncts(b.Y, conjuncts(b.X, out))
	}
	return append(out, e)
}

// columns compiles groups, columns and orders.
func (c *compiler) columns(in *instance) {
	s := in.s
	sc := *in.scope
	c.reads = false
	for _, j := range s.Joins {
		c.reads = c.reads || j.Expr != nil
	}
	if len(s.Group) > 0 || s.Having != nil || slices.ContainsFunc(s.Items, func(it Item) bool { return hasAggregate(it.Expr) }) {
		c.grouped(in, &sc)
	} else if i := slices.IndexFunc(s.Order, func(o Order) bool { return hasAggregate(o.Expr) }); i >= 0 {
		c.stop(errorAt(s.Order[i].Expr.at(), "there are no groups").hinted("add GROUP BY"))
	}
	if len(s.Items) == 0 {
		in.names = starNames
		if sub := in.src.sub; sub != nil && in.scope.names[0].columns != nil {
			in.names = sub.names
			in.items = make([]eval, len(in.names))
			row := c.use(in.slot)
			for i := range in.items {
				in.items[i] = func() Value {
					if r, ok := row().ref.(*record); ok && i < len(r.vals) {
						return r.vals[i]
					}
					return Value{}
				}
			}
		}
	}
	for _, it := range s.Items {
		in.items = append(in.items, c.expr(it.Expr, &sc))
		in.names = append(in.names, it.label())
	}
	sc.items = s.Items
	if in.group != nil && s.Having != nil {
		in.group.having = c.cond(s.Having, &sc)
	}
	for _, o := range s.Order {
		if lit, ok := o.Expr.(*Lit); ok && lit.Value.kind == kindInt {
			n := int64(lit.Value.bits)
			if n < 1 || n > int64(len(in.items)) {
				c.stop(errorAt(o.Expr.at(), "there is no column %d", n))
			}
			in.order = append(in.order, in.items[n-1])
			continue
		}
		in.order = append(in.order, c.expr(o.Expr, &sc))
	}
	in.groupReads = in.reads || c.reads
}

// grouped compiles GROUP BY; from then on the scope knows keys and aggregates only.
func (c *compiler) grouped(in *instance, sc *scope) {
	if len(in.s.Items) == 0 {
		c.stop(errorAt(in.s.Pos, "* has no meaning in groups").hinted("name the keys and aggregates"))
	}
	g := &grouping{slotOf: map[string]int{}}
	keyScope := *sc
	keyScope.items = in.s.Items
	for _, k := range in.s.Group {
		if lit, ok := k.(*Lit); ok && lit.Value.kind == kindInt && lit.Value.bits >= 1 && lit.Value.bits <= uint64(len(in.s.Items)) {
			k = in.s.Items[lit.Value.bits-1].Expr
		}
		if hasAggregate(k) {
			c.stop(errorAt(k.at(), "a key of groups cannot be an aggregate"))
		}
		g.keys = append(g.keys, c.expr(k, &keyScope))
		g.keySlots = append(g.keySlots, c.slot())
		g.slotOf[text(k)] = g.keySlots[len(g.keySlots)-1]
		if n, ok := k.(*Name); ok { // a column's name
			for _, it := range in.s.Items {
				if it.Name == n.Name {
					g.slotOf[text(it.Expr)] = g.keySlots[len(g.keySlots)-1]
				}
			}
		}
	}
	in.group = g
	sc.group = g
}

// starNames are the columns of SELECT *.
var starNames = []string{"object", "class", "shallow", "retained", "value"}

// label is the header of a column.
func (it *Item) label() string {
	if it.Name != "" {
		return it.Name
	}
	if it.src != "" {
		return it.src
	}
	return text(it.Expr)
}
