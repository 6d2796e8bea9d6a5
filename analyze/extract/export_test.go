package extract

import (
	"heapcause/graph"
	"heapcause/hprof"
)

// Masked returns what arrays become, all by one key.
func Masked(h *graph.Heap, elem hprof.Type, arrays [][]byte) [][]byte {
	m, err := newMasker(h, graph.NewReads(), nil)
	if err != nil {
		panic(err)
	}
	var out [][]byte
	for _, b := range arrays {
		b = append([]byte(nil), b...)
		m.array(elem, b)
		out = append(out, b)
	}
	return out
}

// Permuted maps the numbers below n.
func Permuted(n uint64) []uint64 {
	k, err := newKey()
	if err != nil {
		panic(err)
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = k.permute(1, n, uint64(i))
	}
	return out
}

// Shaped returns what texts become that are read as a use; false where they do not keep their shape.
func Shaped(h *graph.Heap, use graph.TextUse, text string) (string, bool) {
	m, err := newMasker(h, graph.NewReads(), nil)
	if err != nil {
		panic(err)
	}
	b := []byte(text)
	ok := m.shaped(use, hprof.Byte, b)
	return string(b), ok
}
