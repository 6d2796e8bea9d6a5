package netty

import (
	"math/bits"

	"heapcause/analyze"
	"heapcause/graph"
)

// account is what one allocator has.
type account struct {
	allocator graph.Object
	chunks    analyze.ObjectSet
	memory    analyze.ObjectSet // the chunks and their arrays in the heap
	size      int64             // of the chunks
	heap      int64             // of size, in the heap
	used      int64             // as the chunks say; of pages that are cut up, as these say
	live      int64
	cached    int64
	buffers   analyze.ObjectSet // that are live
}

// lost is what is in use and nobody has.
func (a *account) lost() int64 { return max(a.used-a.live-a.cached, 0) }

// Bounds of a chunk, against damage.
const maxChunk = 1 << 30

// chunkInfo is what is read once of a chunk.
type chunkInfo struct {
	account *account
	log2    int64 // of its size
}

// accounts adds up what each allocator's chunks, buffers and caches say, in the order of their addresses.
func (p pass) accounts() []*account {
	var all []*account
	byAllocator := map[graph.Object]*account{}
	chunks := map[graph.Object]chunkInfo{}
	for _, o := range analyze.Result[[]graph.Object](p.Pass, chunkScan) {
		allocator := p.r.Ref(o, "arena", "parent")
		if allocator == graph.NoObject || p.Heap.Strength(o) != graph.Strong || p.r.Bool(o, "unpooled") {
			continue
		}
		a := byAllocator[allocator]
		if a == nil {
			a = &account{allocator: allocator}
			byAllocator[allocator] = a
			all = append(all, a)
		}
		size, _ := p.r.Int(o, "chunkSize")
		free, _ := p.r.Int(o, "freeBytes")
		if size <= 0 || size > maxChunk || free < 0 || free > size {
			continue
		}
		a.chunks, a.size, a.used = append(a.chunks, o), a.size+size, a.used+size-free
		if m := p.r.Ref(o, "memory"); p.Heap.ClassName(m) == "byte[]" {
			a.memory, a.heap = append(a.memory, m), a.heap+size
		}
		chunks[o] = chunkInfo{a, int64(bits.Len64(uint64(size)) - 1)}
	}
	for _, a := range all {
		a.memory = analyze.NewSet(append(a.memory, a.chunks...))
	}
	elements := p.subpages(chunks)
	p.liveBuffers(chunks)
	p.caches(chunks, elements)
	return all
}

// page is a page of a chunk that is cut up into elements.
type page struct {
	chunk graph.Object
	index int64
}

// subpages takes from what is in use the elements of pages that are free, and returns the size of the elements of each page.
func (p pass) subpages(chunks map[graph.Object]chunkInfo) map[page]int64 {
	sizes := map[page]int64{}
	for _, s := range analyze.Result[[]subpage](p.Pass, subpageScan) {
		if c, ok := chunks[s.chunk]; ok && s.inUse && s.elements >= 0 && s.free >= 0 && s.free <= s.elements {
			c.account.used -= s.pageSize - (s.elements-s.free)*s.size
			sizes[page{s.chunk, s.index}] = s.size
		}
	}
	return sizes
}

func (p pass) liveBuffers(chunks map[graph.Object]chunkInfo) {
	for _, b := range analyze.Result[[]buffer](p.Pass, bufferScan) {
		if c, ok := chunks[b.chunk]; ok && p.Heap.Strength(b.object) == graph.Strong {
			c.account.live += b.size
			c.account.buffers = append(c.account.buffers, b.object)
		}
	}
}

// caches adds up the pieces that threads keep for their next buffers. A handle is the number of a node in the chunk's tree
// of pages, and in its upper half that of an element where the page is cut up.
func (p pass) caches(chunks map[graph.Object]chunkInfo, elements map[page]int64) {
	for _, e := range analyze.Result[[]cached](p.Pass, cachedScan) {
		c, ok := chunks[e.chunk]
		node := e.handle & (1<<31 - 1)
		if !ok || node == 0 || p.Heap.Strength(e.object) > graph.Weak {
			continue
		}
		if e.handle>>32 != 0 {
			c.account.cached += elements[page{e.chunk, node}]
			continue
		}
		c.account.cached += 1 << max(c.log2-int64(bits.Len64(uint64(node))-1), 0)
	}
}
