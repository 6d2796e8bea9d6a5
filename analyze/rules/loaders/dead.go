package loaders

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
)

// Bounds of what is looked at.
const (
	maxDead = 24 // loaders whose holders are searched, those that retain most
)

// pin is one who holds a loader, in one way.
type pin struct {
	kind   pinKind
	holder string
	held   string       // class of the member that is held first
	member graph.Object // that member
	count  int64        // references of this kind from this holder
	path   []graph.Step // of one of them
	thread bool         // the path begins at a live thread
}

// dead is a loader that should be gone, or may be.
type dead struct {
	*loader
	app      *webapp // nil when it is no loader of a web application
	pins     []pin   // by kind and holder
	partial  bool    // there are more
	searched bool
	tops     []graph.Object
	classes  int64 // with those of the loaders below it
	keeps    int64 // what would be freed, bytes
}

// generation is a set of loaders over the same URLs, or of stopped web applications.
type generation struct {
	class   string
	urls    []string
	members []*dead
	stopped bool  // a server says that their applications are stopped
	all     int64 // loaders of that class over these URLs, stopped or not
}

// generations returns what class loaders should be gone: those of stopped web applications, and those that share class and URLs
// with others. The same for all who ask.
func (p pass) generations() []*generation {
	return analyze.Shared(p.Pass, "class loaders that should be gone", func() []*generation {
		r := jdk.NewReader(p.Heap)
		gs := p.candidates(r)
		var all []*dead
		for _, g := range gs {
			all = append(all, g.members...)
		}
		slices.SortStableFunc(all, func(a, b *dead) int { return cmp.Compare(b.retained, a.retained) })
		for _, d := range all[:min(len(all), maxDead)] {
			p.findPins(d)
		}
		for _, g := range gs {
			slices.SortStableFunc(g.members, func(a, b *dead) int {
				return cmp.Or(cmp.Compare(b.keeps, a.keeps), cmp.Compare(pinText(a), pinText(b)))
			})
		}
		return gs
	})
}

// pinText is what orders equal loaders of one generation whatever their addresses.
func pinText(d *dead) string {
	if len(d.pins) == 0 {
		return ""
	}
	return kindTexts[d.pins[0].kind].name + d.pins[0].holder
}

// candidates groups loaders by class and URLs.
func (p pass) candidates(r *jdk.Reader) []*generation {
	f := p.forest()
	apps := newWebapps(p.Heap, r)
	perClass := map[string]int{}
	for i := range f.loaders {
		perClass[f.loaders[i].class]++
	}
	builtin := p.Heap.Subclasses("jdk.internal.loader.BuiltinClassLoader", "sun.misc.Launcher$AppClassLoader", "sun.misc.Launcher$ExtClassLoader")
	byKey := map[string]*generation{}
	var order []*generation
	for i := range f.loaders {
		l := &f.loaders[i]
		if l.object == graph.NoObject || l.classes == 0 || perClass[l.class] > maxURLLoaders || builtin[p.Heap.ClassOf(l.object)] || p.Heap.Strength(l.object) != graph.Strong {
			continue
		}
		d := &dead{loader: l, app: apps.of(l.object)}
		us := urls(r, l.object)
		if d.app == nil && len(us) == 0 {
			continue
		}
		key := l.class + "\n" + strings.Join(us, "\n")
		g := byKey[key]
		if g == nil {
			g = &generation{class: l.class, urls: us}
			byKey[key] = g
			order = append(order, g)
		}
		g.all++
		if d.app == nil {
			g.members = append(g.members, d)
		} else if d.app.stopped {
			g.members = append(g.members, d)
			g.stopped = true
		}
	}
	return slices.DeleteFunc(order, func(g *generation) bool {
		return len(g.members) == 0 || !g.stopped && !p.sharesClass(g)
	})
}

// sharesClass reports whether two loaders of a generation define a class of one name.
func (p pass) sharesClass(g *generation) bool {
	seen := map[string]bool{}
	for _, d := range g.members {
		for _, c := range p.Heap.DefinedClasses(d.object) {
			name := p.Heap.Class(c).Name
			if seen[name] {
				return true
			}
		}
		for _, c := range p.Heap.DefinedClasses(d.object) {
			seen[p.Heap.Class(c).Name] = true
		}
	}
	return false
}

// findPins searches what holds a loader.
func (p pass) findPins(d *dead) {
	tree := p.forest().below(d.object)
	for i := range tree {
		d.classes += tree[i].classes
	}
	m := p.membersOf(tree)
	d.tops = m.tops()
	for _, o := range d.tops {
		d.keeps += p.Heap.Retained(o)
	}
	held, partial := p.holdersOf(m, d.tops)
	d.partial, d.searched = partial, true
	for _, x := range held {
		d.add(p.pinOf(m, x))
	}
	d.settle()
	slices.SortFunc(d.pins, func(a, b pin) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.holder, b.holder), cmp.Compare(a.held, b.held))
	})
}

func (p pass) pinOf(m *members, x holding) pin {
	path := x.path
	kind := p.kindOf(path)
	if kind == pinLoader && len(path[0].Roots) == 0 {
		if before := p.Holding(path[0].Object, m.has); len(before) > 0 {
			path = append(before[:len(before):len(before)], path[1:]...)
		}
	}
	last := path[len(path)-1].Object
	_, thread := p.Heap.ThreadOf(x.path[0].Object)
	return pin{thread: thread, kind: kind, holder: p.holderText(kind, x.path), held: p.memberText(last), member: last, count: x.count, path: path}
}

// memberText says what of the loader is held.
func (p pass) memberText(o graph.Object) string {
	if c, ok := p.Heap.AsClass(o); ok {
		return "class " + signature.Name(p.Heap.Class(c).Name)
	}
	return signature.Name(p.Heap.ClassName(o))
}

// add joins a pin with others of its kind from the same holder; the shortest path stays.
func (d *dead) add(k pin) {
	for i := range d.pins {
		o := &d.pins[i]
		if o.kind == k.kind && o.holder == k.holder {
			o.count += k.count
			if len(k.path) < len(o.path) || len(k.path) == len(o.path) && k.held < o.held {
				o.path, o.held, o.member = k.path, k.held, k.member
			}
			return
		}
	}
	d.pins = append(d.pins, k)
}

// settle leaves out what goes with another pin: the context class loader of threads that run the loader's code, for they are to be
// stopped, and what else refers to the queue of a timer that has a thread.
func (d *dead) settle() {
	runs := map[string]bool{}
	timer := false
	for _, k := range d.pins {
		if k.kind == pinThread || k.kind == pinTimer {
			runs[k.holder] = true
		}
		timer = timer || k.kind == pinTimer && k.thread
	}
	d.pins = slices.DeleteFunc(d.pins, func(k pin) bool {
		return k.kind == pinContext && runs[k.holder] || k.kind == pinTimer && timer && !k.thread
	})
}

// abandoned reports whether nothing holds a loader on purpose: no static or reference of the program besides.
func (d *dead) abandoned() bool {
	for _, k := range d.pins {
		switch k.kind {
		case pinStatic, pinLoader, pinOther, pinPlatform, pinJNI:
			return false
		}
	}
	return d.searched && !d.partial && len(d.pins) > 0
}

// running reports whether a thread keeps a loader.
func (d *dead) running() bool {
	return slices.ContainsFunc(d.pins, func(k pin) bool { return k.kind == pinThread || k.kind == pinTimer || k.kind == pinContext })
}
