package threads

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Lock is a monitor or a java.util.concurrent lock that threads wait for.
type Lock struct {
	Object  graph.Object
	Exact   bool      // AbstractOwnableSynchronizer.exclusiveOwnerThread names the owner; else the locals of the stacks tell
	Owners  []*Thread // who has it: more than one where the stacks do not tell which
	Waiting []*Thread // by serial
}

// Locks are what threads wait for.
type Locks struct {
	All       []*Lock // those that most threads wait for first
	Deadlocks []Deadlock
	Blocked   int64 // threads that wait for one of these locks, or for a monitor that their stacks do not show
}

// Deadlock are threads that wait for each other, and whoever waits for these.
type Deadlock struct {
	Threads []*Thread
	Locks   analyze.ObjectSet
}

// AllLocks finds out who waits for what. A dump tells the owner of a java.util.concurrent lock, but not that of a monitor: that is one
// of the objects in the frame where the thread is blocked which the stack of another thread has, too.
func AllLocks(p *analyze.Pass) *Locks {
	return analyze.Shared(p, "locks", func() *Locks {
		b := &lockBuilder{p: p, threads: Platform(p), waits: map[*Thread][]graph.Object{}, has: map[graph.Object][]*Thread{}, exact: map[graph.Object]*Thread{}}
		b.synchronizers()
		b.monitors()
		return &Locks{All: b.locks(), Deadlocks: b.deadlocks(), Blocked: b.blocked}
	})
}

const (
	maxOwners = 16   // threads that may own a monitor
	maxRounds = 1000 // the longest queue of threads that each wait for the next
)

type lockBuilder struct {
	p       *analyze.Pass
	threads []*Thread
	waits   map[*Thread][]graph.Object // one lock; several where the stack does not tell which
	has     map[graph.Object][]*Thread // monitor → threads that may own it
	exact   map[graph.Object]*Thread   // synchronizer → its owner
	blocked int64
}

// synchronizers reads the owners of locks that threads are parked at.
func (b *lockBuilder) synchronizers() {
	is := b.p.Heap.Subclasses("java.util.concurrent.locks.AbstractOwnableSynchronizer")
	r := jdk.NewReader(b.p.Heap)
	byObject := map[graph.Object]*Thread{}
	owners := map[graph.Object]graph.Object{}
	for _, t := range b.threads {
		byObject[t.Object] = t
	}
	for _, t := range b.threads {
		if t.Blocker == graph.NoObject || !is[b.p.Heap.ClassOf(t.Blocker)] {
			continue
		}
		owner, ok := owners[t.Blocker]
		if !ok {
			owner = r.Ref(t.Blocker, "exclusiveOwnerThread")
			owners[t.Blocker] = owner
		}
		if owner == graph.NoObject {
			continue // a semaphore, a latch: nobody owns it
		}
		b.blocked++
		b.exact[t.Blocker] = byObject[owner] // nil for a virtual thread
		b.waits[t] = []graph.Object{t.Blocker}
	}
}

// monitors finds the candidates of each blocked thread, and who may own them.
func (b *lockBuilder) monitors() {
	candidates := map[graph.Object]bool{}
	for _, t := range b.threads {
		if t.State != "BLOCKED" {
			continue
		}
		b.blocked++
		for _, o := range b.candidates(t) {
			candidates[o] = true
			b.waits[t] = append(b.waits[t], o)
		}
	}
	if len(candidates) == 0 {
		return
	}
	for _, t := range b.threads {
		waits := b.waits[t]
		seen := map[graph.Object]bool{}
		for _, l := range b.p.Heap.Locals(t.Object) {
			waitsForIt := len(waits) == 1 && waits[0] == l.Object
			if candidates[l.Object] && !waitsForIt && !seen[l.Object] && len(b.has[l.Object]) < maxOwners && !inWait(t, l.Frame) {
				seen[l.Object] = true
				b.has[l.Object] = append(b.has[l.Object], t)
			}
		}
	}
	for _, t := range b.threads {
		if t.State == "BLOCKED" {
			b.waits[t] = b.held(t)
		}
	}
}

// inWait reports whether a frame is that of Object.wait() or its caller: who waits there has given the monitor up.
func inWait(t *Thread, frame int32) bool {
	for i := range min(int(frame)+1, len(t.Frames)) {
		if f := t.Frames[i]; f.Class == "java.lang.Object" && (f.Method == "wait" || f.Method == "wait0") && int(frame) <= i+2 {
			return true
		}
	}
	return false
}

// candidates are the objects that a blocked thread may be blocked at: those of the frame in which it is. The compiler keeps the object
// of a synchronized block in a local of its own, so one that the frame has twice comes first.
func (b *lockBuilder) candidates(t *Thread) []graph.Object {
	count := map[graph.Object]int{}
	most := 0
	for _, l := range b.p.Heap.Locals(t.Object) {
		if l.Frame == 0 && l.Object != t.Object {
			count[l.Object]++
			most = max(most, count[l.Object])
		}
	}
	var out []graph.Object
	for o, n := range count {
		if n >= min(most, 2) {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// held keeps those of the candidates that another thread may own.
func (b *lockBuilder) held(t *Thread) []graph.Object {
	var out []graph.Object
	for _, o := range b.waits[t] {
		if len(b.owners(o, t)) > 0 {
			out = append(out, o)
		}
	}
	if len(out) == 0 && len(b.waits[t]) == 1 { // its owner's stack does not show it
		return b.waits[t]
	}
	return out
}

// owners returns who may own what t waits for.
func (b *lockBuilder) owners(o graph.Object, t *Thread) []*Thread {
	if owner, ok := b.exact[o]; ok {
		if owner == nil {
			return nil
		}
		return []*Thread{owner}
	}
	var out []*Thread
	for _, u := range b.has[o] {
		if u != t {
			out = append(out, u)
		}
	}
	return out
}

// locks lists what threads certainly wait for.
func (b *lockBuilder) locks() []*Lock {
	byObject := map[graph.Object]*Lock{}
	var out []*Lock
	for _, t := range b.threads {
		waits := b.waits[t]
		if len(waits) != 1 {
			continue
		}
		l := byObject[waits[0]]
		if l == nil {
			_, exact := b.exact[waits[0]]
			l = &Lock{Object: waits[0], Exact: exact, Owners: b.owners(waits[0], nil)}
			byObject[waits[0]] = l
			out = append(out, l)
		}
		l.Waiting = append(l.Waiting, t)
	}
	slices.SortStableFunc(out, func(x, y *Lock) int {
		return cmp.Or(cmp.Compare(len(y.Waiting), len(x.Waiting)), cmp.Compare(x.Object, y.Object))
	})
	return out
}

// deadlocks are the threads left when all those have gone that may go on: who waits for nothing, and whoever waits for what such a
// thread may own.
func (b *lockBuilder) deadlocks() []Deadlock {
	stuck := map[*Thread]bool{}
	for t, waits := range b.waits {
		stuck[t] = len(waits) > 0
	}
	changed := true
	for round := 0; changed; round++ {
		if round == maxRounds {
			return nil
		}
		changed = false
		for _, t := range b.threads {
			if stuck[t] && b.mayGoOn(t, stuck) {
				stuck[t], changed = false, true
			}
		}
	}
	return b.components(stuck)
}

func (b *lockBuilder) mayGoOn(t *Thread, stuck map[*Thread]bool) bool {
	for _, o := range b.waits[t] {
		owners := b.owners(o, t)
		if len(owners) == 0 {
			return true
		}
		for _, u := range owners {
			if !stuck[u] || u == t {
				return true
			}
		}
	}
	return false
}

// components puts those together that wait for one another.
func (b *lockBuilder) components(stuck map[*Thread]bool) []Deadlock {
	parent := map[*Thread]*Thread{}
	root := func(t *Thread) *Thread {
		for parent[t] != nil {
			t = parent[t]
		}
		return t
	}
	for _, t := range b.threads {
		for _, o := range b.waits[t] {
			for _, u := range b.owners(o, t) {
				if x, y := root(t), root(u); stuck[t] && stuck[u] && x != y {
					parent[x] = y
				}
			}
		}
	}
	at := map[*Thread]int{}
	var out []Deadlock
	for _, t := range b.threads {
		if !stuck[t] {
			continue
		}
		n, ok := at[root(t)]
		if !ok {
			n = len(out)
			at[root(t)] = n
			out = append(out, Deadlock{})
		}
		out[n].Threads, out[n].Locks = append(out[n].Threads, t), append(out[n].Locks, b.waits[t]...)
	}
	for i := range out {
		out[i].Locks = analyze.NewSet(out[i].Locks)
	}
	return out
}
