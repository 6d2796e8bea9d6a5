package graph

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"heapcause/graph/index"
	"heapcause/hprof"
)

// indexWriter writes the sections of an index.
type indexWriter struct {
	h      *Heap
	w      *index.Writer
	groups [3][]Group
}

func (w *indexWriter) write(ctx context.Context) error {
	h := w.h
	for _, part := range []struct {
		id    uint32
		write func() error
	}{
		{partMain, w.main},
		{partClasses, w.classes},
		{partThreads, w.threads},
		{partGroups, w.groupSets},
		{partLargest, w.largest},
		{partPages, w.pages},
		{partBits, w.bits},
		{partRanks, w.ranks},
		{partSorted, func() error { return w.bytes(asBytes(h.index.sorted)) }},
		{partClass, w.class},
		{partLength, func() error { return w.bytes(h.length) }},
		{partLong, func() error { return w.bytes(longBytes(h.long)) }},
		{partStrength, w.strength},
		{partIdom, func() error { return w.bytes(asBytes(h.idom)) }},
		{partRetained, w.retained},
		{partKids, w.kids}, // and partKidOffset
		{partInOffset, func() error { return w.bytes(asBytes(h.in.offset)) }},
		{partIn, func() error { return w.bytes(h.in.data) }},
		{partLocBits, w.locator}, // and partLocRanks, partLocBlocks
	} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.w.Begin(part.id); err != nil {
			return err
		}
		if err := part.write(); err != nil {
			return err
		}
		h.store.drop()
	}
	return nil
}

func (w *indexWriter) bytes(b []byte) error {
	_, err := w.w.Write(b)
	return err
}

func (w *indexWriter) main() error {
	h := w.h
	var e encoder
	x := h.index
	for _, n := range []uint64{uint64(h.idSize), h.n, uint64(len(h.classes)), uint64(x.shift), uint64(h.dangling)} {
		e.uint(n)
	}
	e.bool(x.sorted != nil)
	e.bool(h.class16 != nil)
	e.bool(h.retained.small != nil)
	for _, c := range h.prim {
		e.uint(uint64(c + 1))
	}
	e.uint(uint64(h.classClass + 1))
	e.uint(uint64(h.missing + 1))
	for _, t := range h.totals {
		e.int(t.Objects)
		e.int(t.Bytes)
	}
	model, err := h.model.AppendBinary(nil)
	if err != nil {
		return err
	}
	e.uint(uint64(len(model)))
	e.b = append(e.b, model...)
	e.uint(uint64(len(h.problems)))
	for _, p := range h.problems {
		e.int(p.Offset)
		e.int(p.Bytes)
		e.str(p.What)
	}
	e.uint(uint64(len(h.chunks)))
	for _, s := range h.chunks {
		e.int(s.Offset)
		e.int(s.Length)
	}
	w.roots(&e)
	return w.bytes(e.b)
}

func (w *indexWriter) roots(e *encoder) {
	h := w.h
	e.uint(uint64(len(h.roots)))
	for _, r := range h.roots {
		e.object(r.Object)
		e.uint(uint64(r.Kind))
		e.uint(uint64(r.Serial))
		e.int(int64(r.Frame))
	}
	e.uint(uint64(len(h.locals)))
	for _, t := range slices.Sorted(maps.Keys(h.locals)) {
		e.object(t)
		e.uint(uint64(len(h.locals[t])))
		for _, l := range h.locals[t] {
			e.object(l.Object)
			e.uint(uint64(l.Kind))
			e.int(int64(l.Frame))
		}
	}
}

// classes writes the table, with the numbers of fields, statics and references of all classes before it.
func (w *indexWriter) classes() error {
	var e encoder
	var fields, statics, refs, constants uint64
	for i := range w.h.classes {
		k := &w.h.classes[i]
		fields, statics = fields+uint64(len(k.Fields)), statics+uint64(len(k.Statics))
		refs, constants = refs+uint64(len(k.refs)), constants+uint64(len(k.constants))
	}
	for _, n := range []uint64{fields, statics, refs, constants} {
		e.uint(n)
	}
	for i := range w.h.classes {
		e.classInfo(&w.h.classes[i])
		if len(e.b) > 1<<20 {
			if err := w.bytes(e.b); err != nil {
				return err
			}
			e.b = e.b[:0]
		}
	}
	return w.bytes(e.b)
}

func (e *encoder) classInfo(k *ClassInfo) {
	e.str(k.Name)
	for _, id := range []hprof.ID{k.Addr, k.superID, k.loaderID, k.signers, k.domain} {
		e.uint(id)
	}
	e.object(k.Object)
	e.object(k.Loader)
	e.uint(uint64(k.Super + 1))
	e.bool(k.Missing)
	e.bool(k.IsArray)
	e.uint(uint64(k.Elem))
	e.int(k.Instances)
	e.uint(uint64(k.size))
	e.int(int64(k.referent))
	e.int(int64(k.next))
	e.uint(uint64(k.kind))
	e.bool(k.hidden)
	e.uint(uint64(len(k.Fields)))
	for _, f := range k.Fields {
		e.str(f.Name)
		e.uint(uint64(f.Type))
	}
	e.uint(uint64(len(k.Statics)))
	for _, f := range k.Statics {
		e.str(f.Name)
		e.uint(uint64(f.Type))
		e.uint(f.Value)
	}
	e.uint(uint64(len(k.constants)))
	for _, f := range k.constants {
		e.uint(uint64(f.Type))
		e.uint(f.Value)
	}
	e.uint(uint64(len(k.refs)))
	last := int32(0)
	for _, off := range k.refs { // ascending
		e.uint(uint64(off - last))
		last = off
	}
}

func (w *indexWriter) threads() error {
	var e encoder
	all := w.h.Threads()
	e.uint(uint64(len(all)))
	for _, t := range all {
		e.object(t.Object)
		e.uint(uint64(t.Serial))
		e.uint(uint64(len(t.Frames)))
		for _, f := range t.Frames {
			e.str(f.Class)
			e.str(f.Method)
			e.str(f.Source)
			e.int(int64(f.Line))
		}
	}
	return w.bytes(e.b)
}

func (w *indexWriter) groupSets() error {
	var e encoder
	for _, gs := range w.groups {
		e.uint(uint64(len(gs)))
		for _, g := range gs {
			e.str(g.Name)
			e.uint(uint64(g.Class + 1))
			e.object(g.Loader)
			e.int(g.Instances)
			e.int(g.Shallow)
			e.int(g.Retained)
		}
	}
	return w.bytes(e.b)
}

func (w *indexWriter) pages() error {
	x := w.h.index
	if x.sorted != nil {
		return nil
	}
	var b []byte
	for _, p := range x.order {
		b = binary.NativeEndian.AppendUint64(b, p.key)
		b = binary.NativeEndian.AppendUint64(b, p.base)
	}
	b = binary.NativeEndian.AppendUint64(b, 0)
	return w.bytes(binary.NativeEndian.AppendUint64(b, x.n))
}

func (w *indexWriter) bits() error {
	return w.eachPage(func(words, _ []byte) error { return w.bytes(words) })
}

func (w *indexWriter) ranks() error {
	return w.eachPage(func(_, ranks []byte) error { return w.bytes(ranks) })
}

func (w *indexWriter) eachPage(fn func(words, ranks []byte) error) error {
	var words, ranks []byte
	for _, p := range w.h.index.order {
		words, ranks = packPage(p, words[:0], ranks[:0])
		if err := fn(words, ranks); err != nil {
			return err
		}
	}
	return nil
}

func (w *indexWriter) class() error {
	if h := w.h; h.class16 != nil {
		return w.bytes(asBytes(h.class16[:h.n]))
	}
	return w.bytes(asBytes(w.h.class32))
}

func (w *indexWriter) retained() error {
	if r := &w.h.retained; r.small != nil {
		return w.bytes(asBytes(r.small))
	}
	return w.bytes(asBytes(w.h.retained.large))
}

// strength packs two to a byte.
func (w *indexWriter) strength() error {
	s := w.h.strength
	buf := make([]byte, 0, 1<<16)
	for i := 0; i < len(s); i += 2 {
		b := s[i]
		if i+1 < len(s) {
			b |= s[i+1] << 4
		}
		if buf = append(buf, b); len(buf) == cap(buf) {
			if err := w.bytes(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return w.bytes(buf)
}

// kids writes the dominator tree downwards as lists: most objects have no child, and most children are near.
func (w *indexWriter) kids() error {
	h := w.h
	offset := make([]uint64, 0, h.n/inStep+1)
	b := make([]byte, 0, 2<<20)
	written := uint64(0)
	for o := range h.n + 1 {
		if o%inStep == 0 {
			offset = append(offset, written+uint64(len(b)))
		}
		if b = appendList(b, o, h.child[h.childIndex[o]:h.childIndex[o+1]]); len(b) > 1<<20 {
			if err := w.bytes(b); err != nil {
				return err
			}
			written += uint64(len(b))
			b = b[:0]
		}
		if o%dropEvery == dropEvery-1 {
			h.store.drop()
		}
	}
	if err := w.bytes(b); err != nil {
		return err
	}
	if err := w.w.Begin(partKidOffset); err != nil {
		return err
	}
	return w.bytes(asBytes(offset))
}
