package graph

import (
	"hash/maphash"
	"sync"

	"heapcause/hprof"
)

// Reads notes what is asked of a heap's contents while rules and inspections run: which fields and statics they know by name, and
// what they take texts for. A copy of the dump that keeps just that gives the same answers. Set Options.Reads to have it noted.
// It is safe for concurrent use.
type Reads struct {
	mu      sync.Mutex
	seed    maphash.Seed
	fields  map[readName]bool
	statics map[readName]bool
	texts   map[uint64]TextUse // by hash of the array's bytes
	ranges  map[Class][]valueRange
}

type readName struct {
	class Class
	name  string
}

type valueRange struct{ least, most int64 }

// TextUse is what a reader takes a text for.
type TextUse uint8

const (
	// ContentText is content of the dump, which a report masks.
	ContentText TextUse = iota
	// SQLText is a statement, which a report shows without literals and comments.
	SQLText
	// SQLPartText is what stands between the parameters of a statement, or before the first or behind the last.
	SQLPartText
	// URLText is a URL, which a report shows without credentials.
	URLText
	// NameText is a name, such as a thread's, which a report shows, or a word that a rule goes by.
	NameText
)

// NewReads returns notes with nothing in them.
func NewReads() *Reads {
	return &Reads{
		seed: maphash.MakeSeed(), fields: map[readName]bool{}, statics: map[readName]bool{}, texts: map[uint64]TextUse{},
		ranges: map[Class][]valueRange{},
	}
}

// Field reports whether an instance field that c declares was bound.
func (r *Reads) Field(c Class, name string) bool { return r.fields[readName{c, name}] }

// Static reports whether a static that c declares was read.
func (r *Reads) Static(c Class, name string) bool { return r.statics[readName{c, name}] }

// Text returns what a text was taken for whose array has these elements; ContentText when it was not read, too.
func (r *Reads) Text(elements []byte) TextUse { return r.texts[maphash.Bytes(r.seed, elements)] }

// InRange reports whether a value of class c lies in a range that a report tells of.
func (r *Reads) InRange(c Class, value int64) bool {
	for _, v := range r.ranges[c] {
		if v.least <= value && value <= v.most {
			return true
		}
	}
	return false
}

// NoteRange notes that a report tells of a range of numbers that are held by boxes of class c.
func (h *Heap) NoteRange(c Class, least, most int64) {
	if r := h.opt.Reads; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ranges[c] = append(r.ranges[c], valueRange{least, most})
	}
}

// NoteText notes what a String or char[] is taken for, that has been read as content.
func (h *Heap) NoteText(use TextUse, o Object, limit int) {
	if h.opt.Reads != nil {
		h.textAs(use, o, limit)
	}
}

func (r *Reads) field(c Class, name string) {
	if r != nil {
		r.mu.Lock()
		r.fields[readName{c, name}] = true
		r.mu.Unlock()
	}
}

func (r *Reads) static(c Class, name string) {
	if r != nil {
		r.mu.Lock()
		r.statics[readName{c, name}] = true
		r.mu.Unlock()
	}
}

// text notes a use of an array's elements. The one that shows most counts.
func (r *Reads) text(use TextUse, elements []byte) {
	if r == nil || use == ContentText || len(elements) == 0 {
		return
	}
	k := maphash.Bytes(r.seed, elements)
	r.mu.Lock()
	r.texts[k] = max(r.texts[k], use)
	r.mu.Unlock()
}

// Records calls fn with a cursor on each record of the heap part, classes and roots included, in the order of the file, until it
// returns an error. What is damaged is left out.
func (h *Heap) Records(fn func(c *hprof.Cursor) error) error {
	c := hprof.NewCursor(h.file, true)
	for _, s := range h.chunks {
		c.Reset(s.Offset, s.Length)
		for c.Next() {
			if err := fn(c); err != nil {
				return err
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
	}
	return nil
}
