package graph

import "math/bits"

// Addresses fills out with the addresses of consecutive objects from first on, and returns how many there are: Addr of each, at a
// fraction of the cost.
func (h *Heap) Addresses(first Object, out []uint64) int {
	if uint64(first) >= h.n {
		return 0
	}
	n := int(min(uint64(len(out)), h.n-uint64(first)))
	x := h.index
	switch {
	case x.packed != nil:
		for i := range n {
			out[i] = x.packed.addr(first + Object(i))
		}
	case x.sorted != nil:
		copy(out[:n], x.sorted[first:])
	default:
		x.fill(first, out[:n])
	}
	return n
}

// fill writes the addresses of objects from first on that lie in pages.
func (x *addrIndex) fill(first Object, out []uint64) {
	g := x.addr(first) >> x.shift
	cell := g >> 6 & (pageCells - 1)
	page := x.pageIndex(uint64(first))
	mask := ^uint64(0) << (g & 63)
	for n := 0; page < len(x.order); page++ {
		p := x.order[page]
		for ; cell < pageCells; cell++ {
			base := p.key<<pageBits | cell<<6
			for w := p.cells[cell].bits & mask; w != 0; w &= w - 1 {
				if n == len(out) {
					return
				}
				out[n] = (base | uint64(bits.TrailingZeros64(w))) << x.shift
				n++
			}
			mask = ^uint64(0)
		}
		cell = 0
	}
}
