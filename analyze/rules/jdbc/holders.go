package jdbc

import (
	"slices"
	"strings"

	"heapcause/analyze/rules/finalizers"
	"heapcause/graph"
	"heapcause/report"
)

// holderKind says in which way a statement is held.
type holderKind int

const (
	heldByFinding      holderKind = iota // a finding explains it already
	heldByConnection                     // the list of its connection
	heldByApplication                    // a collection or field, named by the nearest class of the application
	heldByThread                         // a local
	heldByFinalization                   // nothing but finalization (or weaker)
	heldByNothing                        // garbage
)

var holderKindText = [...]string{"another finding", "connection", "collection", "thread", "finalization alone", "nothing"}

// holding is what holds a group of statements.
type holdingOf struct {
	kind    holderKind
	label   string          // of the application's field, connection's list or thread
	finding *report.Finding // of heldByFinding
}

// Bounds of telling statements apart by what holds them.
const (
	ownerFan       = 8   // objects that a collection dominates at least
	pathsPerClass  = 32  // owners of one class that are followed to their root; more of them are taken to be alike
	holdersOfOne   = 8   // direct holders of one statement that are looked at
	dominatorsUp   = 200 // dominators looked at
	labelsTogether = 3   // holders named of one statement
)

// statementHolders tells who holds statements.
type statementHolders struct {
	p           pass
	connections map[graph.Class]bool
	labels      map[graph.Object]holdingOf
	perClass    map[graph.Class]int
	alike       map[graph.Class]holdingOf
	threads     []bool
}

func newStatementHolders(p pass, ss []*statement) *statementHolders {
	w := &statementHolders{p, map[graph.Class]bool{}, map[graph.Object]holdingOf{}, map[graph.Class]int{}, map[graph.Class]holdingOf{}, p.Heap.Subclasses("java.lang.Thread")}
	for _, s := range ss {
		if s.connection != graph.NoObject {
			w.connections[p.Heap.ClassOf(s.connection)] = true
		}
	}
	for _, name := range statementLists {
		for c, is := range p.Heap.Subclasses(name) {
			if is {
				w.connections[graph.Class(c)] = true
			}
		}
	}
	return w
}

// statementLists are what pools keep of a connection, with a list or cache of its statements.
var statementLists = []string{
	"com.zaxxer.hikari.pool.PoolEntry", "com.zaxxer.hikari.pool.ProxyConnection", "org.apache.commons.dbcp2.PoolingConnection", "org.apache.tomcat.dbcp.dbcp2.PoolingConnection",
	"com.mchange.v2.c3p0.stmt.GooGooStatementCache", "com.mchange.v2.c3p0.impl.NewPooledConnection",
}

// of returns what holds a statement, and the collection (or else owner) it is in, NoObject for none.
func (w *statementHolders) of(s *statement) (holdingOf, graph.Object) {
	h := w.p.Heap
	if c := w.p.MemberOf(s.object); c != nil {
		return holdingOf{kind: heldByFinding, finding: c.Finding}, c.Point
	}
	switch h.Strength(s.object) {
	case graph.Strong, graph.Soft:
	case graph.Unreachable:
		return holdingOf{kind: heldByNothing}, graph.NoObject
	default:
		return holdingOf{kind: heldByFinalization}, graph.NoObject
	}
	if owner := w.owner(s.object); owner != graph.NoObject {
		return w.label(owner), owner
	}
	return w.several(s.object)
}

// owner climbs the dominators to the first that is a collection: it dominates many. A connection, a thread or a class owns too.
func (w *statementHolders) owner(o graph.Object) graph.Object {
	h := w.p.Heap
	d := h.Idom(o)
	for i := 0; d != graph.NoObject && i < dominatorsUp; d, i = h.Idom(d), i+1 {
		k := h.ClassOf(d)
		if _, isClass := h.AsClass(d); isClass || h.NumDominated(d) >= ownerFan || w.connections[k] || w.threads[k] {
			return d
		}
	}
	return graph.NoObject
}

// several names the holders of a statement that no single object dominates.
func (w *statementHolders) several(o graph.Object) (holdingOf, graph.Object) {
	h := w.p.Heap
	var labels []string
	out, owner := holdingOf{kind: heldByApplication}, graph.NoObject
	direct := finalizers.OtherHolders(w.p.Pass, o, nil)
	for _, u := range direct[:min(len(direct), holdersOfOne)] {
		if h.Strength(u) > h.Strength(o) {
			continue
		}
		at := u
		if !w.owns(u) {
			if at = w.owner(u); at == graph.NoObject {
				at = u
			}
		}
		l := w.label(at)
		if !slices.Contains(labels, l.label) {
			labels = append(labels, l.label)
			if len(labels) == 1 || l.kind < out.kind {
				out.kind, owner = l.kind, at
			}
		}
	}
	slices.Sort(labels)
	out.label = strings.Join(labels[:min(len(labels), labelsTogether)], " and ")
	if out.label == "" {
		out.label = "several roots"
	}
	return out, owner
}

func (w *statementHolders) owns(u graph.Object) bool {
	h := w.p.Heap
	k := h.ClassOf(u)
	_, isClass := h.AsClass(u)
	return isClass || w.connections[k] || w.threads[k] || h.NumDominated(u) >= ownerFan
}

// label says what an owner is: the list of a connection, or the nearest class of the application that holds it.
func (w *statementHolders) label(owner graph.Object) holdingOf {
	if l, ok := w.labels[owner]; ok {
		return l
	}
	k := w.p.Heap.ClassOf(owner)
	if w.perClass[k] >= pathsPerClass {
		return w.alike[k]
	}
	l := w.newLabel(owner)
	w.labels[owner] = l
	if w.perClass[k]++; w.perClass[k] == 1 {
		w.alike[k] = l
	}
	return l
}

func (w *statementHolders) newLabel(owner graph.Object) holdingOf {
	h := w.p.Heap
	path := w.p.Holding(owner, nil)
	for i := len(path) - 1; i >= 0; i-- {
		if !w.connections[h.ClassOf(path[i].Object)] {
			continue
		}
		label := h.ClassName(path[i].Object)
		if i+1 < len(path) {
			label = h.EdgeText(path[i+1].Edge)
		}
		return holdingOf{kind: heldByConnection, label: label}
	}
	label := w.p.NearestHolder(path)
	if len(path) > 0 && w.threads[h.ClassOf(path[0].Object)] && label == w.p.HolderText(path) {
		return holdingOf{kind: heldByThread, label: label}
	}
	return holdingOf{kind: heldByApplication, label: label}
}
