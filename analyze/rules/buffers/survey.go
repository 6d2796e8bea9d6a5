package buffers

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// Scans are what a Survey is made of.
func Scans() []*analyze.Scan { return []*analyze.Scan{Scan, ChunkScan, SumScan} }

// Bits is what java.nio.Bits counts of direct buffers; -1 stands for what the dump lacks.
type Bits struct{ Reserved, Capacity, Count, Max int64 }

// Share returns how much of the limit is reserved, 0 where it is not known.
func (b Bits) Share() float64 {
	if b.Max <= 0 || b.Reserved < 0 {
		return 0
	}
	return float64(b.Reserved) / float64(b.Max)
}

// Owner is the nearest object of the application, class or thread above buffers in the dominator tree.
type Owner struct {
	Name     string
	Buffers  int64
	Capacity int64
	First    graph.Object // the largest of its buffers
	largest  int64
}

// Survey is what a dump has of buffers.
type Survey struct {
	Buffers []Buffer
	Kinds   [Foreign + 1]Sum
	Lost    Sum     // direct buffers that nothing reaches and that are not freed
	Owners  []Owner // of direct buffers, the most bytes first
	Bits    Bits
	Sums    map[SumKey]Sum
	Chunks  []Chunk
}

// Of returns the buffers of the dump.
func Of(p *analyze.Pass) *Survey {
	return analyze.Shared(p, "buffers", func() *Survey {
		s := &Survey{Buffers: analyze.Result[[]Buffer](p, Scan), Sums: analyze.Result[map[SumKey]Sum](p, SumScan), Chunks: analyze.Result[[]Chunk](p, ChunkScan)}
		for _, b := range s.Buffers {
			k := &s.Kinds[b.Kind]
			*k = Sum{k.Objects + 1, k.Bytes + b.Capacity}
			if b.Kind == Direct && p.Heap.Strength(b.Object()) >= graph.Finalizer {
				s.Lost = Sum{s.Lost.Objects + 1, s.Lost.Bytes + b.Capacity}
			}
		}
		s.Bits = bits(p.Heap)
		s.owners(p)
		return s
	})
}

// bits reads java.nio.Bits, whose fields were renamed in JDK 9.
func bits(h *graph.Heap) Bits {
	r := jdk.NewReader(h)
	read := func(names ...string) int64 {
		for _, c := range h.ClassesByName("java.nio.Bits") {
			for _, name := range names {
				v, t, ok := h.Static(c, name)
				if !ok {
					continue
				}
				if t != hprof.Object {
					return int64(v)
				}
				if n, ok := r.Number(h.StaticRef("java.nio.Bits", name)); ok {
					return n
				}
			}
		}
		return -1
	}
	return Bits{read("RESERVED_MEMORY", "reservedMemory"), read("TOTAL_CAPACITY", "totalCapacity"), read("COUNT", "count"), read("MAX_MEMORY", "maxMemory")}
}

func (s *Survey) owners(p *analyze.Pass) {
	at := map[string]int{}
	for _, b := range s.Buffers {
		if b.Kind != Direct {
			continue
		}
		name := ownerOf(p, b.Object())
		i, ok := at[name]
		if !ok {
			i = len(s.Owners)
			at[name] = i
			s.Owners = append(s.Owners, Owner{Name: name, First: b.Object(), largest: b.Capacity})
		}
		o := &s.Owners[i]
		o.Buffers++
		o.Capacity += b.Capacity
		if b.Capacity > o.largest {
			o.First, o.largest = b.Object(), b.Capacity
		}
	}
	slices.SortFunc(s.Owners, func(a, b Owner) int {
		return cmp.Or(cmp.Compare(b.Capacity, a.Capacity), cmp.Compare(a.Name, b.Name))
	})
}

// maxOwnerClimb bounds the walk up the dominator tree: lists and maps are a few steps, chains are not followed.
const maxOwnerClimb = 64

// ownerOf names the nearest dominator that is no collection or other inside of the platform.
func ownerOf(p *analyze.Pass, o graph.Object) string {
	h := p.Heap
	if h.Strength(o) >= graph.Finalizer {
		return "(nothing: waits to be freed)"
	}
	for range maxOwnerClimb {
		if o = h.Idom(o); o == graph.NoObject {
			return "(several)"
		}
		if note := p.Note(o); note != "" {
			return note
		}
		if name := h.ClassName(o); !analyze.Platform(name) && !h.Class(h.ClassOf(o)).IsArray {
			return name
		}
	}
	return "(a long list)"
}

// Cache is the buffers that a thread keeps for its transfers: sun.nio.ch.Util$BufferCache.
type Cache struct {
	Owner    string
	Buffers  int64
	Capacity int64
}

// Caches returns the caches of threads, the most bytes first.
func (s *Survey) Caches(p *analyze.Pass) []Cache {
	h := p.Heap
	arrays := map[graph.Object]*Cache{}
	for _, b := range s.Buffers {
		if b.Kind != Direct {
			continue
		}
		array := h.Idom(b.Object())
		if array == graph.NoObject || !h.Class(h.ClassOf(array)).IsArray {
			continue
		}
		cache := h.Idom(array)
		if cache == graph.NoObject || h.ClassName(cache) != "sun.nio.ch.Util$BufferCache" {
			continue
		}
		if arrays[cache] == nil {
			arrays[cache] = &Cache{Owner: ownerOf(p, cache)}
		}
		arrays[cache].Buffers++
		arrays[cache].Capacity += b.Capacity
	}
	var out []Cache
	for _, c := range arrays {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Cache) int {
		return cmp.Or(cmp.Compare(b.Capacity, a.Capacity), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Buffers, b.Buffers))
	})
	return out
}

// Arena is one of Netty's arenas.
type Arena struct {
	Object     graph.Object
	Chunks     int64
	Size, Free int64
}

// Arenas returns Netty's arenas, the largest first.
func (s *Survey) Arenas() []Arena {
	at := map[uint32]*Arena{}
	for _, c := range s.Chunks {
		a := at[c.arena]
		if a == nil {
			a = &Arena{Object: graph.NoObject}
			if c.arena != ^uint32(0) {
				a.Object = graph.Object(c.arena)
			}
			at[c.arena] = a
		}
		a.Chunks++
		a.Size += c.Size
		if !c.Unpooled {
			a.Free += c.Free
		}
	}
	var out []Arena
	for _, a := range at {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Arena) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Object, b.Object))
	})
	return out
}
