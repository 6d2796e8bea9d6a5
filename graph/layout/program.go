package layout

// program is the dump's class hierarchy, put in an order in which layouts can be
// computed.
type program struct {
	classes []Class
	// order lists every class after its superclass.
	order []int32
	// super is Class.Super with what is out of range, an array class or the
	// closing edge of a cycle replaced by -1.
	super []int32
	// tabled marks the classes named in the tables, and their subclasses.
	tabled []bool
}

func newProgram(classes []Class) *program {
	p := &program{
		classes: classes,
		order:   make([]int32, 0, len(classes)),
		super:   make([]int32, len(classes)),
		tabled:  make([]bool, len(classes)),
	}
	for i := range classes {
		s := classes[i].Super
		if uint(s) >= uint(len(classes)) || classes[s].IsArray {
			s = -1
		}
		p.super[i] = s
	}
	p.sort()
	for _, c := range p.order {
		s := p.super[c]
		p.tabled[c] = tabled[classes[c].Name] || s >= 0 && p.tabled[s]
	}
	return p
}

// sort fills p.order and cuts cycles of superclasses.
func (p *program) sort() {
	const (
		unseen = iota
		onPath
		done
	)
	state := make([]uint8, len(p.classes))
	var path []int32
	for i := range p.classes {
		for c := int32(i); c >= 0 && state[c] != done; c = p.super[c] {
			if state[c] == onPath {
				p.super[path[len(path)-1]] = -1
				break
			}
			state[c] = onPath
			path = append(path, c)
		}
		for len(path) > 0 {
			c := path[len(path)-1]
			path = path[:len(path)-1]
			state[c] = done
			p.order = append(p.order, c)
		}
	}
}

// find returns the first class of that name, or -1.
func (p *program) find(name string) int32 {
	for i := range p.classes {
		if p.classes[i].Name == name {
			return int32(i)
		}
	}
	return -1
}

// declare returns what each class declares, as its class file has it.
func (p *program) declare() []declaration {
	decls := make([]declaration, len(p.classes))
	for i := range decls {
		c, d := &p.classes[i], &decls[i]
		d.name = c.Name
		for j := range c.Fields {
			d.root.add(c.Fields[j].Type)
		}
	}
	return decls
}

// declareFor returns what each class declares to HotSpot of a feature release,
// injected fields and contention groups included, for machine words of word
// bytes.
func (p *program) declareFor(feature int, word int64) []declaration {
	decls := p.declare()
	for i := range decls {
		c, d := &p.classes[i], &decls[i]
		if !tabled[c.Name] {
			continue
		}
		if r := contentionOf(c.Name, feature); r != nil {
			d.contend(c.Fields, r)
		}
		for _, letter := range injectedFields(c, feature) {
			d.root.add(injectedKind(letter, word))
		}
	}
	return decls
}

// contend moves the fields of contention groups out of the root group.
func (d *declaration) contend(fields []Field, r *contention) {
	d.contended = r.whole
	d.root = fieldCounts{}
	groups := make([]fieldCounts, len(r.groups))
	for i := range fields {
		if g := r.group(fields[i].Name); g >= 0 {
			groups[g].add(fields[i].Type)
		} else {
			d.root.add(fields[i].Type)
		}
	}
	for _, g := range groups {
		if !g.empty() {
			d.groups = append(d.groups, g)
		}
	}
}

// injectedKind returns the kind of a field given by a letter of the tables.
func injectedKind(letter rune, word int64) Kind {
	switch letter {
	case 'P':
		if word == 4 {
			return Int
		}
		return Long
	case 'J':
		return Long
	case 'I':
		return Int
	case 'S':
		return Short
	case 'B', 'Z':
		return Byte
	default:
		return Object
	}
}

// layAll returns the layout of every class on machine m; shapes is room to reuse.
func (p *program) layAll(m *machine, decls []declaration, shapes []shape) []shape {
	if shapes == nil {
		shapes = make([]shape, len(p.classes))
	}
	for _, c := range p.order {
		var super *shape
		if s := p.super[c]; s >= 0 {
			super = &shapes[s]
		}
		shapes[c] = m.lay(super, &decls[c])
	}
	return shapes
}
