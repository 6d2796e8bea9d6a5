package hprof_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// known reads the class dumps of a good dump.
func known(f *hprof.File) *hprof.Known {
	var ks []hprof.Class
	byID := map[hprof.ID]hprof.Class{}
	c := hprof.NewCursor(f, false)
	for _, s := range f.Segments {
		for c.Start(s); c.Next(); {
			if c.Rec.Tag == hprof.ClassDump {
				k := c.DecodeClass()
				ks, byID[k.ID] = append(ks, k), k
			}
		}
	}
	names := map[hprof.ID]string{}
	for _, l := range f.Classes {
		names[l.Class] = f.Symbol(l.Name)
	}
	var out []hprof.KnownClass
	for i, k := range ks {
		size := int64(0)
		for id, steps := k.ID, 0; id != 0 && steps < 100; id, steps = byID[id].Super, steps+1 {
			for _, f2 := range byID[id].Fields {
				size += int64(f2.Type.Size(f.IDSize))
			}
		}
		out = append(out, hprof.KnownClass{ID: k.ID, Index: int32(i), Bytes: size, Array: strings.HasPrefix(names[k.ID], "["), Trace: k.Trace})
	}
	return hprof.NewKnown(f, out)
}

// mended returns the identifiers of the objects that a mending cursor finds, and what it skips.
func mended(f *hprof.File, k *hprof.Known) (ids []hprof.ID, skipped []hprof.Problem) {
	c := hprof.NewCursor(f, true)
	c.Mend(k)
	for _, s := range f.Segments {
		last := s.Offset
		for c.Start(s); c.Next(); last = c.Offset() {
			if c.Rec.Offset < last {
				panic("the cursor went back behind a record that it gave")
			}
			switch c.Rec.Tag {
			case hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray, hprof.ClassDump:
				ids = append(ids, c.Rec.ID)
			}
		}
		skipped = append(skipped, c.Problems()...)
	}
	return ids, skipped
}

// orders has a list of orders between byte arrays, some of whose content looks like records of this very heap.
func orders(idSize int, opts ...hproftest.Option) (d *hproftest.Dump, traps []*hproftest.Object) {
	d = hproftest.New(idSize, opts...)
	order := d.Class("com.acme.Order", hproftest.Fields("Order next", "int state", "Object data"))
	var last *hproftest.Object
	for i := range 40 {
		last = d.Instance(order, last, i, d.ByteArray(bytes.Repeat([]byte{byte(i)}, 50)...))
		d.Array("java.lang.Object", last, nil, last)
	}
	be := binary.BigEndian
	id := func(b []byte, id hprof.ID) []byte {
		if idSize == 4 {
			return be.AppendUint32(b, uint32(id))
		}
		return be.AppendUint64(b, id)
	}
	var copies []byte // records of orders that do not exist
	for i := range 20 {
		copies = id(append(copies, byte(hprof.InstanceDump)), last.ID+hprof.ID(0x10000+64*i))
		copies = id(be.AppendUint32(copies, 1), order.ID)
		copies = append(be.AppendUint32(copies, uint32(2*idSize+4)), make([]byte, 2*idSize+4)...)
	}
	copies = append(copies, 0, 0, 0, 0, 0, 0, 0)
	for range 3 {
		traps = append(traps, d.ByteArray(copies...))
		last = d.Instance(order, last, 7)
	}
	for range 40 {
		last = d.Instance(order, last, 9, d.Longs(1, 2, 3))
	}
	d.Root(hprof.RootJNIGlobal, last)
	return d, traps
}

// recordAt returns the offset of the record of an object.
func recordAt(f *hprof.File, id hprof.ID) (off, end int64) {
	c := hprof.NewCursor(f, true)
	for _, s := range f.Segments {
		for c.Start(s); c.Next(); {
			if c.Rec.ID == id && !c.Rec.Tag.IsRoot() {
				return c.Rec.Offset, c.Offset()
			}
		}
	}
	return 0, 0
}

// TestMendLeavesGoodDumpsAlone gives every record of undamaged dumps, whatever array contents look like.
func TestMendLeavesGoodDumpsAlone(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for name, opts := range map[string][]hproftest.Option{
			"plain": nil, "segments": {hproftest.Segments(300)}, "one record": {hproftest.Segments(0)}, "heap first": {hproftest.HeapFirst()},
			"shuffled": {hproftest.Records(hproftest.Shuffled(3))}, "reversed": {hproftest.Records(hproftest.Reversed)},
		} {
			d, _ := orders(idSize, opts...)
			f := d.Open(t)
			ids, skipped := mended(f, known(f))
			blank, skippedToo := mended(f, hprof.NewKnown(f, nil))
			if want := len(d.Objects()) + len(d.Classes()); len(ids) != want || len(blank) != want || len(skipped)+len(skippedToo) > 0 {
				t.Errorf("%s, ids of %d bytes: %d objects, and %d without knowledge, of %d; skipped %v %v", name, idSize, len(ids), len(blank), want, skipped, skippedToo)
			}
		}
	}
}

// TestMend damages dumps in one place each and says which objects that costs.
func TestMend(t *testing.T) {
	type damage struct {
		name string
		do   func(b []byte, off, end int64) []byte // of the record of the first trap
		lost int                                   // objects
		what string
	}
	set := func(b []byte, at int64, v uint32) []byte {
		binary.BigEndian.PutUint32(b[at:], v)
		return b
	}
	for _, idSize := range []int{4, 8} {
		count := int64(5 + idSize) // of an array's record to its length
		for _, c := range []damage{
			{"next record broken", func(b []byte, _, end int64) []byte { clear(b[end : end+4]); return b }, 1, "unknown sub-record tag 0x00"},
			{"next record of 0xff", func(b []byte, _, end int64) []byte {
				copy(b[end:], bytes.Repeat([]byte{0xff}, 9+2*idSize))
				return b
			}, 1, ""},
			{"the array claims a little more", func(b []byte, off, end int64) []byte { return set(b, off+count, uint32(end-off-count-5)+30) }, 1, "records begin inside it"},
			{"the array claims much more", func(b []byte, off, end int64) []byte { return set(b, off+count, uint32(end-off-count-5)+1005) }, 1, "records begin inside it"},
			{"bytes are left out behind it", func(b []byte, _, end int64) []byte { return slices.Delete(b, int(end), int(end)+3) }, 1, ""},
			{"a page of zeros begins in it", func(b []byte, _, end int64) []byte { clear(b[end-20 : end+1]); return b }, 1, "unknown sub-record tag 0x00"},
		} {
			d, traps := orders(idSize)
			good := d.Bytes()
			f, _ := hprof.OpenBytes(good)
			k := known(f)
			whole, _ := mended(f, k)
			off, end := recordAt(f, traps[0].ID)
			f, err := hprof.OpenBytes(c.do(bytes.Clone(good), off, end))
			if err != nil {
				t.Fatal(err)
			}
			ids, skipped := mended(f, k)
			added := slices.DeleteFunc(slices.Clone(ids), func(id hprof.ID) bool { return slices.Contains(whole, id) })
			if len(ids) != len(whole)-c.lost || len(added) > 0 || len(skipped) < 1 || len(skipped) > 2 || !strings.Contains(skipped[0].What, c.what) {
				t.Errorf("%s, ids of %d bytes: %d objects of %d, new %x, skipped %+v", c.name, idSize, len(ids), len(whole), added, skipped)
			}
		}
	}
}

// TestMendSegments breaks headers of heap segments: no object is lost.
func TestMendSegments(t *testing.T) {
	d, _ := orders(8, hproftest.Segments(700))
	good := d.Bytes()
	f, _ := hprof.OpenBytes(good)
	k := known(f)
	whole, _ := mended(f, k)
	be := binary.BigEndian
	for i, s := range f.Segments {
		head := s.Offset - 9
		for name, do := range map[string]func(b []byte){
			"bad tag":         func(b []byte) { b[head] = 0x99 },
			"zeros":           func(b []byte) { clear(b[head : head+9]) },
			"too long":        func(b []byte) { be.PutUint32(b[head+5:], uint32(s.Length)+777) },
			"too short":       func(b []byte) { be.PutUint32(b[head+5:], uint32(s.Length)/2) },
			"past the end":    func(b []byte) { be.PutUint32(b[head+5:], 0x7fffffff) },
			"one of a symbol": func(b []byte) { b[head] = hprof.TagUTF8 },
		} {
			b := bytes.Clone(good)
			do(b)
			f, err := hprof.OpenBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			ids, skipped := mended(f, k)
			lost := len(whole) - len(ids)
			if name == "one of a symbol" { // that is a whole record, which says nothing of heap
				if lost < 0 {
					t.Errorf("segment %d, %s: %d objects of %d", i, name, len(ids), len(whole))
				}
				continue
			}
			if lost != 0 || len(f.Problems)+len(skipped) == 0 {
				t.Errorf("segment %d, %s: %d objects of %d, problems %v, skipped %v", i, name, len(ids), len(whole), f.Problems, skipped)
			}
		}
	}
}

// TestMendTop breaks records before the heap.
func TestMendTop(t *testing.T) {
	d, _ := orders(8)
	good := d.Bytes()
	f, _ := hprof.OpenBytes(good)
	symbols, classes := len(f.Symbols), len(f.Classes)
	at := f.Header.Bytes
	for n := range 30 {
		length := int64(binary.BigEndian.Uint32(good[at+5:]))
		for _, l := range []uint32{0x7fffffff, uint32(length) + 400, uint32(length) + 3, 1} {
			b := bytes.Clone(good)
			binary.BigEndian.PutUint32(b[at+5:], l)
			f, err := hprof.OpenBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Symbols) < symbols-1 || len(f.Classes) != classes || len(f.Segments) != 1 || len(f.Problems) != 1 {
				t.Errorf("record %d with length %d: %d symbols of %d, %d classes of %d, %d segments, problems %v", n, l, len(f.Symbols), symbols, len(f.Classes), classes, len(f.Segments), f.Problems)
			}
		}
		at += 9 + length
	}
}

// TestMendIsLinear reads heaps that are all damage, and look as much like records as that allows, a bounded number of times.
func TestMendIsLinear(t *testing.T) {
	d, _ := orders(8)
	be := binary.BigEndian
	id := d.Find("com.acme.Order").ID
	nearly := func() []byte { // an order, and an array that claims much
		b := be.AppendUint64([]byte{byte(hprof.InstanceDump)}, id)
		b = be.AppendUint64(be.AppendUint32(b, 1), id)
		b = append(be.AppendUint32(b, 20), make([]byte, 20)...)
		b = append(b, byte(hprof.PrimitiveArray))
		b = be.AppendUint32(be.AppendUint64(b, id), 1)
		return append(be.AppendUint32(b, 300_000), byte(hprof.Byte))
	}
	whole := be.AppendUint64([]byte{byte(hprof.InstanceDump)}, id) // an order; many of them in an array that ends in nonsense
	whole = be.AppendUint64(be.AppendUint32(whole, 1), id)
	whole = append(be.AppendUint32(whole, 20), make([]byte, 20)...)
	content := append(bytes.Repeat(whole, 20_000), make([]byte, 7)...)
	trap := be.AppendUint32(be.AppendUint64([]byte{byte(hprof.PrimitiveArray)}, id), 1)
	trap = append(be.AppendUint32(trap, uint32(len(content))), byte(hprof.Byte))
	for name, unit := range map[string][]byte{
		"records in an array": append(append(trap, content...), make([]byte, 100)...),
		"zeros":               {0}, "tags": {byte(hprof.InstanceDump)}, "roots": {byte(hprof.RootStickyClass)}, "0xff": {0xff}, "class dumps": {byte(hprof.ClassDump)},
		"nearly": nearly(), "nearly, shifted": append(nearly(), 0),
	} {
		body := bytes.Repeat(unit, max(1, (1<<20)/len(unit)))
		good := d.Bytes()
		f, _ := hprof.OpenBytes(good)
		k := known(f)
		s := f.Segments[0]
		b := append(bytes.Clone(good[:s.Offset+s.Length]), body...)
		be.PutUint32(b[s.Offset-4:], uint32(s.Length)+uint32(len(body)))
		in := &hproftest.Reads{ReaderAt: bytes.NewReader(b)}
		f, err := hprof.OpenReaderAt(in, int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		ids, skipped := mended(f, k)
		if n := in.Bytes(); n > 64*int64(len(b)) || len(ids) > len(b)/20 || len(skipped) > 300 {
			t.Errorf("%s: %d bytes read of a dump of %d, %d objects, %d places skipped", name, n, len(b), len(ids), len(skipped))
		}
	}
}

// FuzzMend holds that a mending cursor reads any bytes to the end without a panic, never backwards, and not more records than fit.
func FuzzMend(f *testing.F) {
	for _, idSize := range []int{4, 8} {
		d, traps := orders(idSize)
		good := d.Bytes()
		f.Add(good, uint32(0), []byte{})
		file, err := hprof.OpenBytes(good)
		if err != nil {
			f.Fatal(err)
		}
		off, end := recordAt(file, traps[0].ID)
		f.Add(good, uint32(off)+uint32(5+idSize), []byte{0x7f, 0xff})
		f.Add(good, uint32(end), make([]byte, 40))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint32, patch []byte) {
		file, err := hprof.OpenBytes(b)
		if err != nil {
			return
		}
		k := known(file)
		if int(at) < len(b) {
			b = bytes.Clone(b)
			copy(b[at:], patch)
			if file, err = hprof.OpenBytes(b); err != nil {
				return
			}
		}
		ids, skipped := mended(file, k)
		if len(ids) > len(b)/10 {
			t.Fatalf("%d objects in %d bytes", len(ids), len(b))
		}
		for _, p := range skipped {
			if p.Offset < 0 || p.Bytes <= 0 || p.Offset+p.Bytes > int64(len(b)) || p.What == "" {
				t.Fatalf("skipped %+v of %d bytes", p, len(b))
			}
		}
		if again, _ := mended(file, k); !slices.Equal(ids, again) {
			t.Fatal(fmt.Sprint("two reads differ: ", len(ids), " ", len(again)))
		}
	})
}
