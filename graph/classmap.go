package graph

// classMap finds a class by the address of its class object: open addressing, for hot loops.
type classMap struct {
	keys  []uint64
	vals  []Class
	shift uint
}

func newClassMap(classes []ClassInfo) *classMap {
	size, shift := 64, uint(58)
	for size < 4*len(classes) {
		size *= 2
		shift--
	}
	m := &classMap{make([]uint64, size), make([]Class, size), shift}
	for i := range classes {
		a := classes[i].Addr
		if a == 0 {
			continue
		}
		j := m.slot(a)
		for m.keys[j] != 0 {
			j = (j + 1) & (size - 1)
		}
		m.keys[j], m.vals[j] = a, Class(i)
	}
	return m
}

func (m *classMap) slot(a uint64) int { return int((a * 0x9E3779B97F4A7C15) >> m.shift) }

// get returns the class at an address, NoClass when there is none.
func (m *classMap) get(a uint64) Class {
	mask := len(m.keys) - 1
	for j := m.slot(a) & mask; ; j = (j + 1) & mask {
		if m.keys[j] == a && a != 0 {
			return m.vals[j]
		}
		if m.keys[j] == 0 {
			return NoClass
		}
	}
}
