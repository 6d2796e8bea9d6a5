package extract

import (
	"cmp"
	"context"
	"io"
	"maps"
	"regexp"
	"slices"
	"unicode/utf16"

	"heapcause/graph"
	"heapcause/hprof"
)

// Options of Write.
type Options struct {
	Keep     *regexp.Regexp                        // classes whose objects keep their fields and the strings and arrays that they refer to; may be nil
	Only     []graph.Object                        // write what these retain alone; nil for everything
	Progress func(phase string, done, total int64) // bytes; may be nil
}

// Summary says what a copy has.
type Summary struct {
	Objects int64 // instances and arrays
	Nulled  int64 // references to what is left out
}

// writer is the copy at work.
type writer struct {
	*masker
	ctx  context.Context
	opt  *Options
	out  *hprof.Writer
	part *part // nil: everything
	sum  Summary
	buf  []byte // of the record at hand
	room []byte // for pieces of long arrays
	n    int    // records
}

// Write writes a copy of the dump without its contents to w. What is damaged in the dump is left out.
func (s *Source) Write(ctx context.Context, w io.Writer, opt Options) (Summary, error) {
	h := s.Heap
	m, err := newMasker(h, s.reads, opt.Keep)
	if err != nil {
		return Summary{}, err
	}
	m.keepContents()
	f := h.File()
	o := &writer{masker: m, ctx: ctx, opt: &opt, out: hprof.NewWriter(w, f.Header), room: make([]byte, 256<<10)}
	if len(opt.Only) > 0 {
		o.part = newPart(h, opt.Only)
	}
	o.top(f)
	if err := h.Records(o.record); err != nil {
		return o.sum, err
	}
	if o.part != nil {
		o.partRoots()
	}
	return o.sum, o.out.Close()
}

// top writes what comes before the heap: of the symbols, those that classes, fields and frames are named by. HotSpot writes its
// whole table of symbols, which has constants of programs, too.
func (o *writer) top(f *hprof.File) {
	used := map[hprof.ID]bool{}
	names := map[string]bool{}
	for _, l := range f.Classes {
		used[l.Name] = true
	}
	for _, x := range f.Frames {
		used[x.Method], used[x.Signature], used[x.Source] = true, true, true
	}
	for c := range graph.Class(o.h.NumClasses()) {
		k := o.h.Class(c)
		for _, x := range k.Fields {
			names[x.Name] = true
		}
		for _, x := range k.Statics {
			names[x.Name] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.Symbols)) {
		if text := f.Symbols[id]; used[id] || names[text] {
			o.out.Symbol(id, symbolBytes(text))
		}
	}
	for _, l := range f.Classes {
		o.out.LoadClass(l)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Frames)) {
		o.out.Frame(id, f.Frames[id])
	}
	traces := slices.Collect(maps.Values(f.Traces))
	slices.SortFunc(traces, func(a, b hprof.Trace) int { return cmp.Compare(a.Serial, b.Serial) })
	for _, t := range traces {
		o.out.Trace(t)
	}
}

// symbolBytes writes a text as the JVM's modified UTF-8, in which a NUL has two bytes and a character beyond U+FFFF six.
func symbolBytes(text string) []byte {
	out := make([]byte, 0, len(text))
	for i, r := range text {
		switch hi, lo := utf16.EncodeRune(r); {
		case r == 0:
			out = append(out, 0xC0, 0x80)
		case r > 0xFFFF:
			for _, u := range []rune{hi, lo} {
				out = append(out, 0xE0|byte(u>>12), 0x80|byte(u>>6)&0xBF, 0x80|byte(u)&0xBF)
			}
		case r == '\uFFFD': // a byte that is no UTF-8, or the character itself
			out = append(out, text[i])
			if n := len(string(r)); i+n <= len(text) && text[i:i+n] == string(r) {
				out = append(out, text[i+1:i+n]...)
			}
		default:
			out = append(out, string(r)...)
		}
	}
	return out
}

// polled is how many records are written between looks at the context.
const polled = 4096

// record writes one record of the heap.
func (o *writer) record(c *hprof.Cursor) error {
	if o.n++; o.n%polled == 0 {
		if err := o.ctx.Err(); err != nil {
			return err
		}
		if o.opt.Progress != nil {
			o.opt.Progress("writing the extract", c.Offset(), o.h.File().Size)
		}
		if err := o.out.Err(); err != nil {
			return err
		}
	}
	r := &c.Rec
	switch {
	case r.Tag == hprof.ClassDump:
		o.class(c.DecodeClass())
		return nil
	case r.Tag.IsRoot() || r.Tag == hprof.HeapDumpInfo:
		if o.part == nil || r.Tag == hprof.HeapDumpInfo || o.part.has(r.ID) {
			o.out.Root(r)
		}
		return nil
	case o.part != nil && !o.part.has(r.ID):
		return nil
	}
	o.sum.Objects++
	switch r.Tag {
	case hprof.InstanceDump:
		o.instance(r)
		return nil
	case hprof.ObjectArray:
		return o.references(c)
	}
	return o.primitives(c)
}

// class writes a class dump.
func (o *writer) class(k hprof.Class) {
	c := graph.NoClass
	if x, ok := o.h.Lookup(k.ID); ok {
		c, _ = o.h.AsClass(x)
	}
	for i := range k.Constants {
		f := &k.Constants[i]
		f.Value = o.classValue(graph.NoClass, "", *f)
	}
	for i := range k.Statics {
		f := &k.Statics[i]
		if o.part != nil && f.Type == hprof.Object && !o.part.has(k.ID) {
			o.part.held[f.Value] = true
		}
		f.Value = o.classValue(c, o.h.File().Symbol(f.Name), *f)
	}
	if o.part != nil {
		for _, id := range []*hprof.ID{&k.Loader, &k.Signers, &k.ProtectionDomain} {
			*id = o.inside(*id)
		}
	}
	o.out.Class(&k)
}

func (o *writer) classValue(c graph.Class, name string, f hprof.Field) uint64 {
	if f.Type == hprof.Object {
		return o.inside(f.Value)
	}
	return o.static(c, name, f)
}

// inside returns a reference, or null where it leads out of what is written.
func (o *writer) inside(id hprof.ID) hprof.ID {
	if o.part == nil || id == 0 || o.part.has(id) || o.part.class(id) {
		return id
	}
	o.sum.Nulled++
	return 0
}

// body copies the bytes of the record at hand, to be changed.
func (o *writer) body(b []byte) []byte {
	o.buf = append(o.buf[:0], b...)
	return o.buf
}

func (o *writer) instance(r *hprof.Record) {
	b := o.body(r.Body)
	c := o.classOf(r)
	if c == graph.NoClass {
		clear(b)
	} else {
		o.fields(c, b)
		if o.part != nil && len(b) >= o.plans[c].size {
			for _, at := range o.plans[c].refs {
				o.null(b[at:])
			}
		}
	}
	o.out.Object(r)
	o.out.Body(b)
}

// null clears a reference that leads out of what is written.
func (o *writer) null(b []byte) {
	if id := hprof.Value(b, hprof.Object, o.ids); o.inside(id) != id {
		hprof.PutValue(b, hprof.Object, o.ids, 0)
	}
}

// classOf returns the class of an instance as the heap has it.
func (o *writer) classOf(r *hprof.Record) graph.Class {
	x, ok := o.h.Lookup(r.Class)
	if !ok {
		return graph.NoClass
	}
	c, ok := o.h.AsClass(x)
	if !ok {
		return graph.NoClass
	}
	return c
}

func (o *writer) references(c *hprof.Cursor) error {
	o.out.Object(&c.Rec)
	return c.Elements(o.room, func(piece []byte) error {
		if o.part != nil {
			piece = o.body(piece)
			for at := 0; at < len(piece); at += o.ids {
				o.null(piece[at:])
			}
		}
		o.out.Body(piece)
		return nil
	})
}

func (o *writer) primitives(c *hprof.Cursor) error {
	r := &c.Rec
	if r.Body == nil && r.Bytes > 0 {
		return o.long(c)
	}
	b := o.body(r.Body)
	o.array(r.Elem, b)
	o.out.Object(r)
	o.out.Body(b)
	return nil
}
