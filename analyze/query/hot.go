package query

import (
	"strings"

	"heapcause/graph"
)

// What is asked of a row itself, and needs nothing but the graph's columns, is compiled without calls in between: queries over all
// objects spend their time there. Each form is the plain one for objects, which tests compare it with.

// slotOf returns the slot of an alias in reach.
func (c *compiler) slotOf(e Expr, sc *scope) (int, bool) {
	if sc.group != nil {
		return 0, false
	}
	name := ""
	switch e := e.(type) {
	case *Name:
		name = e.Name
	case nil:
		if r := sc.row(); r != nil {
			c.lowest = min(c.lowest, r.slot)
			return r.slot, true
		}
	}
	for s := sc; s != nil; s = s.outer {
		if a, ok := s.find(name); ok && s.group == nil {
			c.lowest = min(c.lowest, a.slot)
			return a.slot, true
		}
	}
	return 0, false
}

// hotAttr compiles sizes of a row; nil for what is compiled plainly.
func (c *compiler) hotAttr(name string, x Expr, sc *scope, plain func(*worker, Value) Value) eval {
	w, h := c.w, c.w.h
	var of func(o graph.Object) int64
	switch name {
	case "usedHeapSize":
		of = h.Shallow
	case "retainedHeapSize":
		of = h.Retained
	default:
		return nil
	}
	slot, ok := c.slotOf(x, sc)
	if !ok {
		return nil
	}
	return func() Value {
		v := &w.rows[slot]
		if v.kind == kindObject {
			return Value{kind: kindInt, unit: bytesUnit, bits: uint64(of(graph.Object(v.bits)))}
		}
		return plain(w, *v)
	}
}

// hotCall compiles classof of a row; nil for what is compiled plainly.
func (c *compiler) hotCall(e *Call, sc *scope) eval {
	if len(e.Args) != 1 {
		return nil
	}
	switch strings.ToLower(e.Name) {
	case "shallow":
		return c.hotAttr("usedHeapSize", e.Args[0], sc, func(w *worker, v Value) Value { return attr("usedHeapSize")(w, []Value{v}) })
	case "retained":
		return c.hotAttr("retainedHeapSize", e.Args[0], sc, func(w *worker, v Value) Value { return attr("retainedHeapSize")(w, []Value{v}) })
	case "classof":
	default:
		return nil
	}
	slot, ok := c.slotOf(e.Args[0], sc)
	if !ok {
		return nil
	}
	w, h := c.w, c.w.h
	return func() Value {
		v := &w.rows[slot]
		if v.kind == kindObject {
			return Value{kind: kindClass, bits: uint64(h.ClassOf(graph.Object(v.bits)))}
		}
		return classOf(w, *v)
	}
}
