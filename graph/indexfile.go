package graph

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"heapcause/graph/index"
	"heapcause/hprof"
)

// The sections of an index. Their content is what the fields of Heap of the same names hold, in the machine's byte order, unless
// said otherwise. A change here changes index.Version.
const (
	partMain      = iota + 1 // varints: sizes, totals, roots, …; see writeMain
	partClasses              // the class table, varints
	partThreads              // varints
	partGroups               // retained sizes of classes, packages and loaders, varints
	partPages                // directory of address pages: key and objects before, uint64 each; one more at the end
	partBits                 // per page a bit per granule
	partRanks                // per page the rank of every eighth word
	partSorted               // instead of pages: addresses
	partClass                // uint16, or uint32: class + 1
	partLength               // uint8
	partLong                 // pairs of uint32
	partStrength             // 4 bits
	partIdom                 // uint32
	partRetained             // uint32 in units of 8 bytes, or int64
	partKidOffset            // the dominator tree downwards, as lists; the virtual root's is the last
	partKids                 //
	partInOffset             // inbound references, as lists
	partIn                   //
	partLocBits              // see packedLocator
	partLocRanks             //
	partLocBlocks            //
	partLargest              // objects of the greatest retained size, varints
)

// keptHeap is what a Heap from an index has besides its columns: which of them have been verified. The columns are mapped, read
// only; an accessor asks before it reads.
type keptHeap struct {
	file *index.File

	class, length, long, strength, idom, retained *index.Section

	classShift  uint    // log2 of the bytes of a class number
	strengths   []uint8 // two to a byte
	kids        lists
	threadsOnce sync.Once
	largestOnce sync.Once
	largest     []Object
}

func (k *keptHeap) classOk(o Object) bool { return k.class.Ok(uint64(o) << k.classShift) }

func (k *keptHeap) strengthOf(o Object) Strength {
	if !k.strength.Ok(uint64(o) / 2) {
		return Unreachable
	}
	return Strength(k.strengths[o/2] >> (4 * (o & 1)) & 15)
}

func (k *keptHeap) dominated(node uint64, fn func(Object) bool) int64 { return k.kids.each(node, fn) }

// FromIndex reports whether the graph comes from an index.
func (h *Heap) FromIndex() bool { return h.kept != nil }

// Err returns what was found damaged in the index behind the graph. Whoever prints answers asks first: all answers since the
// index was opened are void when it is not nil. It wraps index.ErrUnusable.
func (h *Heap) Err() error {
	if h.kept == nil {
		return nil
	}
	return h.kept.file.Err()
}

// Verify verifies the whole index behind the graph, for whoever prints as it reads.
func (h *Heap) Verify() error {
	if h.kept == nil {
		return nil
	}
	return h.kept.file.Verify()
}

// errNotWhole says that a graph was to be kept that lacks a part or is kept already.
var errNotWhole = errors.New("internal: only a graph that was read from its dump, with inbound references, can be kept")

// WriteIndex keeps the graph in a folder for OpenIndex. key is that of the dump when it was opened. It returns the path and the
// size of the file. Nothing is left behind on an error.
func (h *Heap) WriteIndex(ctx context.Context, dir string, key index.Key) (path string, size int64, err error) {
	if h.in.offset == nil || h.kept != nil {
		return "", 0, errNotWhole
	}
	defer h.phase("writing the index")()
	groups := h.sets() // may take a while: before the file is there
	w, err := index.Create(dir, key.Name(), h.indexBytes())
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			w.Abort()
		}
	}()
	iw := &indexWriter{h: h, w: w, groups: groups}
	if err := iw.write(ctx); err != nil {
		return "", 0, err
	}
	now, err := index.KeyOf(h.file.Path, key.Variant)
	if err != nil {
		return "", 0, err
	}
	if now != key {
		return "", 0, fmt.Errorf("%s: was written to while it was read", h.file.Path)
	}
	return w.Commit(index.Info{Key: key, Objects: int64(h.n), Classes: int64(len(h.classes))})
}

// indexBytes estimates the size of the index.
func (h *Heap) indexBytes() int64 {
	n := int64(h.n)
	perObject := 2 + 1 + 4 + 4 + 3 // class, length, immediate dominator, retained size, children
	if h.class16 == nil {
		perObject += 2
	}
	if h.retained.small == nil {
		perObject += 4
	}
	addrs := int64(len(h.index.order)) * (pageCells*8 + pageRanks*4)
	return n*int64(perObject) + n/2 + addrs + 8*int64(len(h.index.sorted)) + int64(len(h.in.data)) + int64(len(h.loc.blocks)) + 1<<20
}

// OpenIndex returns the graph of a dump from its index. f is the same dump; its top-level records are not needed. The heap owns the
// index from here on, also on an error, which wraps index.ErrUnusable.
func OpenIndex(x *index.File, f *hprof.File, opt Options) (*Heap, error) {
	h := &Heap{file: f, idSize: f.IDSize, opt: opt, store: &store{}, kept: &keptHeap{file: x}}
	r := &indexReader{h: h, x: x}
	r.open()
	if r.bad {
		x.Fail("its content does not fit together")
	}
	if err := x.Err(); err != nil {
		_ = h.Close()
		return nil, err
	}
	return h, nil
}

// width returns the bytes of one size.
func (s *sizes) width() uint64 {
	if s.small != nil {
		return 4
	}
	return 8
}
