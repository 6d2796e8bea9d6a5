package graph

import (
	"cmp"
	"os"
	"slices"
)

// inbound sorts edges by target on disk: edges go to one of 256 ranges of targets, each range is sorted in memory and
// written as varints. An instance's edge to its class is left out: it is known from the class.
type inbound struct {
	*appender
	shift uint
	parts [][]stretch // per range
	dir   string
}

const (
	inParts  = 256
	inBuffer = 1024 // pairs per range and worker
	inRecent = 2048 // edges that a worker remembers to have written
)

// inCrowd is how many pairs of a range are read before repetitions are looked for. Tests lower it.
var inCrowd = 1 << 20

func newInbound(dir string, n uint64) (*inbound, error) {
	pairs, err := newAppender(dir)
	if err != nil {
		return nil, err
	}
	in := &inbound{appender: pairs, parts: make([][]stretch, inParts), dir: dir}
	for n>>in.shift >= inParts {
		in.shift++
	}
	if in.shift < 6 {
		in.shift = 6 // a range begins at an entry of the offset column
	}
	return in, nil
}

// inboundWriter buffers one worker's edges, packed as target<<32 | source.
type inboundWriter struct {
	in     *inbound
	bufs   [inParts][]uint64
	recent [inRecent]uint64 // complements of edges: an array may hold one object a million times
	err    error
}

func (in *inbound) writer() *inboundWriter { return &inboundWriter{in: in} }

func (w *inboundWriter) put(to, from uint32) {
	edge := uint64(to)<<32 | uint64(from)
	if w.recent[to%inRecent] == ^edge {
		return
	}
	w.recent[to%inRecent] = ^edge
	p := to >> w.in.shift
	b := append(w.bufs[p], edge)
	if len(b) >= inBuffer {
		w.write(int(p), b)
		b = b[:0]
	}
	w.bufs[p] = b
}

func (w *inboundWriter) write(p int, b []uint64) {
	if w.err == nil {
		w.err = w.in.append(asBytes(b), func(at int64) { w.in.parts[p] = append(w.in.parts[p], stretch{at, int64(len(b))}) })
	}
}

func (w *inboundWriter) flush() error {
	for p, b := range w.bufs {
		w.write(p, b)
		w.bufs[p] = nil
	}
	return w.err
}

// finish writes the lists of all objects and gives them to the heap.
func (in *inbound) finish(h *Heap) error {
	out, err := tempFile(in.dir)
	if err != nil {
		return err
	}
	h.inFile, h.in.limit = out, h.n
	if h.in.offset, err = column[uint64](h.store, h.n/inStep+2); err != nil {
		return err
	}
	pos := int64(0)
	var pairs []uint64
	var sources, start []uint32
	var enc []byte
	for p := range inParts {
		first := uint64(p) << in.shift
		if first >= h.n {
			break
		}
		last := min(first+1<<in.shift, h.n)
		slices.SortFunc(in.parts[p], func(a, b stretch) int { return cmp.Compare(a.offset, b.offset) })
		if pairs, err = readDistinct(in.f, in.parts[p], pairs); err != nil {
			return err
		}
		if cap(sources) < len(pairs) {
			sources = make([]uint32, len(pairs))
		}
		sources = sources[:len(pairs)]
		if start == nil {
			start = make([]uint32, 1<<in.shift+1)
		}
		clear(start)
		for _, e := range pairs {
			start[e>>32-first+1]++
		}
		for i := 1; i < len(start); i++ {
			start[i] += start[i-1]
		}
		for _, e := range pairs {
			i := e>>32 - first
			sources[start[i]] = uint32(e)
			start[i]++
		}
		enc = enc[:0]
		begin := uint32(0)
		for o := first; o < last; o++ {
			if o%inStep == 0 {
				h.in.offset[o/inStep] = uint64(pos) + uint64(len(enc))
			}
			end := start[o-first]
			enc = encodeList(enc, o, sources[begin:end])
			begin = end
		}
		if err := writeAll(out, enc, pos); err != nil {
			return err
		}
		pos += int64(len(enc))
	}
	for i := (h.n + inStep - 1) / inStep; i < uint64(len(h.in.offset)); i++ {
		h.in.offset[i] = uint64(pos)
	}
	if pos == 0 {
		return nil
	}
	h.in.data, err = mapFile(out, 0, pos)
	if err != nil {
		h.in.data = make([]byte, pos)
		err = readAll(out, h.in.data, 0)
	}
	return err
}

// readDistinct is readPairs that drops repetitions where there are many pairs: an array of ten million elements may have but a
// thousand distinct ones.
func readDistinct(f *os.File, of []stretch, buf []uint64) ([]uint64, error) {
	buf = buf[:0]
	limit := inCrowd
	for i, s := range of {
		n := len(buf)
		buf = slices.Grow(buf, int(s.pairs))[:n+int(s.pairs)]
		if err := readAll(f, asBytes(buf[n:]), s.offset); err != nil {
			return nil, err
		}
		if len(buf) > limit && i+1 < len(of) {
			slices.Sort(buf)
			buf = slices.Compact(buf)
			limit = max(inCrowd, 2*len(buf))
		}
	}
	return buf, nil
}

// sources calls fn with each object that refers to o, ascending, until it returns false, and returns how many there are.
func (h *Heap) sources(o Object, fn func(Object) bool) int64 { return h.in.each(uint64(o), fn) }
