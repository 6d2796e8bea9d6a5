package extract

import (
	"bytes"

	"github.com/cespare/xxhash/v2"

	"heapcause/hprof"
)

// long writes an array that does not fit the cursor's window: it is read twice, first to learn what stands for it.
func (o *writer) long(c *hprof.Cursor) error {
	r := c.Rec
	if o.keptLong[r.ID] {
		o.out.Object(&r)
		return c.Elements(o.room, func(p []byte) error {
			o.out.Body(p)
			return nil
		})
	}
	w := r.Elem.Size(8)
	var d xxhash.Digest
	d.Reset()
	var first []byte
	same := true
	if err := c.Elements(o.room, func(p []byte) error {
		if first == nil {
			first = bytes.Clone(p[:w])
		}
		same = same && bytes.Equal(first, p[:w]) && constant(p, w)
		_, _ = d.Write(p)
		return nil
	}); err != nil {
		return err
	}
	o.out.Object(&r)
	fill := make([]byte, len(o.room))
	if same && !zero(first) {
		o.element(r.Elem, first)
		for i := 0; i < len(fill); i += w {
			copy(fill[i:], first)
		}
	}
	head := fill
	if !same {
		h, _ := o.key.hash(d.Sum64(), uint64(r.Bytes))
		head = bytes.Clone(fill)
		spread(r.Elem, head, h)
	}
	for left := r.Bytes; left > 0; {
		n := min(left, int64(len(head)))
		o.out.Body(head[:n])
		left -= n
		head = fill
	}
	return nil
}

// spread writes a hash to the first elements of an array.
func spread(elem hprof.Type, b []byte, h uint64) {
	if elem != hprof.Boolean {
		be.PutUint64(b, h|1)
		return
	}
	for i := range 64 {
		b[i] = byte(h>>i) & 1
	}
	b[0] = 1
}
