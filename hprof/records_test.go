package hprof_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// TestSubRecords decodes one sub-record of every kind.
func TestSubRecords(t *testing.T) {
	const none = ^uint32(0)
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprintf("ids of %d bytes", idSize), func(t *testing.T) {
			d := hproftest.New(idSize, hproftest.Bare(), hproftest.Version("1.0.3"))
			node := d.Class("com.acme.Node", hproftest.Super(nil), hproftest.Fields("int n", "Object next"), hproftest.Static("long max", int64(-2)))
			o := d.Instance(node, -1, node)
			arr := d.Array("com.acme.Node", o, nil)
			var want []hprof.Record
			add := func(r hprof.Record) { want = append(want, r) }
			add(hprof.Record{Tag: hprof.ClassDump, ID: node.ID})
			add(hprof.Record{Tag: hprof.ClassDump, ID: arr.Class.ID})
			add(hprof.Record{Tag: hprof.InstanceDump, ID: o.ID, Class: node.ID, Count: uint32(4 + idSize), Bytes: int64(4 + idSize)})
			add(hprof.Record{Tag: hprof.ObjectArray, ID: arr.ID, Class: arr.Class.ID, Count: 2, Bytes: int64(2 * idSize), Elem: hprof.Object})
			for _, p := range []struct {
				o    *hproftest.Object
				elem hprof.Type
				n    uint32
				size int64
			}{
				{d.Booleans(true, false), hprof.Boolean, 2, 1},
				{d.Chars('a'), hprof.Char, 1, 2},
				{d.Floats(1, 2, 3), hprof.Float, 3, 4},
				{d.Doubles(1), hprof.Double, 1, 8},
				{d.ByteArray(), hprof.Byte, 0, 1},
				{d.Shorts(1, 2), hprof.Short, 2, 2},
				{d.Ints(1), hprof.Int, 1, 4},
				{d.Longs(1, 2), hprof.Long, 2, 8},
			} {
				add(hprof.Record{Tag: hprof.PrimitiveArray, ID: p.o.ID, Count: p.n, Elem: p.elem, Bytes: int64(p.n) * p.size})
			}
			// Array classes come with their arrays: they follow the classes made before.
			var classes []hprof.Record
			for _, c := range d.Classes() {
				classes = append(classes, hprof.Record{Tag: hprof.ClassDump, ID: c.ID})
			}
			want = append(classes, want[2:]...)
			for tag := range hprof.Tag(255) {
				tag++
				if !tag.IsRoot() {
					continue
				}
				d.RootAt(tag, o, 7, 9)
				r := hprof.Record{Tag: tag, ID: o.ID, Frame: none}
				switch tag {
				case hprof.RootJNILocal, hprof.RootJavaFrame, hprof.RootThreadObject, hprof.RootJNIMonitor:
					r.Serial, r.Frame = 7, 9
				case hprof.RootNativeStack, hprof.RootThreadBlock:
					r.Serial = 7
				}
				add(r)
			}
			id := func(x hprof.ID) []byte {
				var b [8]byte
				binary.BigEndian.PutUint64(b[:], x)
				return b[8-idSize:]
			}
			d.RawRecord(append([]byte{byte(hprof.HeapDumpInfo), 0, 0, 0, 'A'}, id(0x1234)...)...)
			add(hprof.Record{Tag: hprof.HeapDumpInfo, ID: 0x1234, Serial: 'A', Frame: none})
			d.RawRecord(append(append([]byte{byte(hprof.PrimitiveNoData)}, id(0x5678)...), 0, 0, 0, 1, 0, 0, 0, 99, byte(hprof.Int))...)
			add(hprof.Record{Tag: hprof.PrimitiveNoData, ID: 0x5678, Count: 99, Elem: hprof.Int})

			f := d.Open(t)
			if f.Version != "1.0.3" || f.IDSize != idSize {
				t.Errorf("header %+v", f.Header)
			}
			var got []hprof.Record
			c := hprof.NewCursor(f, true)
			var bodies [][]byte
			for _, s := range f.Segments {
				for c.Reset(s.Offset, s.Length); c.Next(); {
					r := c.Rec
					bodies = append(bodies, bytes.Clone(r.Body))
					if b := make([]byte, 1); r.Offset < s.Offset || c.Offset() <= r.Offset {
						t.Errorf("%v at %d, next at %d", r.Tag, r.Offset, c.Offset())
					} else if _, err := f.ReadAt(b, r.Offset); err != nil || hprof.Tag(b[0]) != r.Tag {
						t.Errorf("%v is not at %d", r.Tag, r.Offset)
					}
					if r.Tag == hprof.ClassDump {
						r.Bytes, r.Count = 0, 0
					}
					// What a kind does not have keeps the value of the record before.
					r.Offset, r.Body = 0, nil
					if !r.Tag.IsRoot() && r.Tag != hprof.HeapDumpInfo {
						r.Serial, r.Frame = 0, 0
					}
					if r.Tag != hprof.ObjectArray && r.Tag != hprof.PrimitiveArray && r.Tag != hprof.PrimitiveNoData {
						r.Elem = 0
					}
					if r.Tag.IsRoot() || r.Tag == hprof.HeapDumpInfo {
						r.Class = 0
					}
					got = append(got, r)
				}
				if err := c.Err(); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			body := bodies[len(classes)]
			if int32(hprof.Value(body, hprof.Int, idSize)) != -1 || hprof.Value(body[4:], hprof.Object, idSize) != node.ID {
				t.Errorf("fields %x", body)
			}
		})
	}
}

func TestDecodeClass(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		loader, signer, domain := d.ClassLoader("x"), d.ByteArray(1), d.ByteArray(2)
		base := d.Class("com.acme.Base", hproftest.Fields("long a"))
		k := d.Class("com.acme.Sub", hproftest.Super(base), hproftest.Loader(loader), hproftest.Signers(signer), hproftest.Domain(domain),
			hproftest.Constant(hprof.Int, 5), hproftest.Constant(hprof.Object, base),
			hproftest.Static("double d", 2.5), hproftest.Static("byte b", int8(-1)), hproftest.Static("Object o", domain), hproftest.Static("boolean z", true),
			hproftest.Fields("char c", "Object held"))
		f := d.Open(t)
		c := hprof.NewCursor(f, false)
		var got hprof.Class
		for _, s := range f.Segments {
			for c.Reset(s.Offset, s.Length); c.Next(); {
				if c.Rec.Tag == hprof.ClassDump && c.Rec.ID == k.ID {
					got = c.DecodeClass()
				}
			}
		}
		name := func(s string) hprof.ID { return d.Symbol(s) }
		want := hprof.Class{
			ID: k.ID, Super: base.ID, Loader: loader.ID, Signers: signer.ID, ProtectionDomain: domain.ID, Trace: 1, InstanceSize: uint32(8 + 2 + idSize), Offset: got.Offset,
			Constants: []hprof.Field{{Name: 0, Type: hprof.Int, Value: 5}, {Name: 1, Type: hprof.Object, Value: base.ID}},
			Statics: []hprof.Field{
				{Name: name("d"), Type: hprof.Double, Value: math.Float64bits(2.5)},
				{Name: name("b"), Type: hprof.Byte, Value: 0xff},
				{Name: name("o"), Type: hprof.Object, Value: domain.ID},
				{Name: name("z"), Type: hprof.Boolean, Value: 1},
			},
			Fields: []hprof.Field{{Name: name("c"), Type: hprof.Char}, {Name: name("held"), Type: hprof.Object}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ids of %d bytes: %s", idSize, diff)
		}
	}
}

func TestTopRecords(t *testing.T) {
	at := time.Date(2023, 4, 5, 6, 7, 8, 9_000_000, time.UTC)
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize, hproftest.Start(at))
		d.Thread("main", "com.acme.Main.run(Main.java:12)", "com.acme.Main.main(Unknown Source)", "java.lang.Thread.run(Native Method)")
		d.RawTop(hprof.TagUnloadClass, []byte{0, 0, 0, 1})
		d.RawTop(0x0A, make([]byte, 100)) // start thread: skipped
		f := d.Open(t)
		if len(f.Problems) > 0 || !f.Time.Equal(at) || f.Version != "1.0.2" {
			t.Errorf("problems %v, header %+v", f.Problems, f.Header)
		}
		main := d.Find("com.acme.Main")
		if n := len(f.Classes); n != len(d.Classes()) || f.Classes[n-1].Class != main.ID || f.Symbol(f.Classes[n-1].Name) != "com/acme/Main" || f.Classes[n-1].Serial != main.Serial {
			t.Errorf("classes end in %+v", f.Classes[n-1])
		}
		trace := f.Traces[2]
		if trace.Thread != 3 || len(trace.Frames) != 3 || len(f.Traces) != 2 {
			t.Fatalf("traces %+v", f.Traces)
		}
		var got []string
		for _, id := range trace.Frames {
			fr := f.Frames[id]
			got = append(got, fmt.Sprintf("%s %s %s %d %d", f.Symbol(fr.Method), f.Symbol(fr.Signature), f.Symbol(fr.Source), fr.Class, fr.Line))
		}
		want := []string{fmt.Sprintf("run ()V Main.java %d 12", main.Serial), fmt.Sprintf("main ()V  %d -1", main.Serial), fmt.Sprintf("run ()V  %d -3", d.Find("java.lang.Thread").Serial)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestElements streams arrays that fit the window and such that do not.
func TestElements(t *testing.T) {
	for _, n := range []int{0, 1, 100_000, 700_000} {
		d := hproftest.New(8)
		a := d.ArrayOf("long", n)
		for i := range n {
			a.SetElem(i, i)
		}
		f := d.Open(t)
		for name, c := range map[string]*hprof.Cursor{"cursor": hprof.NewCursor(f, true), "skipping cursor": hprof.NewCursor(f, false), "small cursor": hprof.NewSmallCursor(f)} {
			found := false
			for _, s := range f.Segments {
				for c.Reset(s.Offset, s.Length); c.Next(); {
					if c.Rec.ID != a.ID {
						continue
					}
					found = true
					i := uint64(0)
					if err := c.Elements(make([]byte, 4096), func(p []byte) error {
						for ; len(p) > 0; p = p[8:] {
							if v := binary.BigEndian.Uint64(p); v != i {
								t.Fatalf("%s: element %d is %d", name, i, v)
							}
							i++
						}
						return nil
					}); err != nil || i != uint64(n) {
						t.Errorf("%s: %d elements of %d, %v", name, i, n, err)
					}
				}
			}
			if err := c.Err(); err != nil || !found {
				t.Errorf("%s: array of %d found %v, %v", name, n, found, err)
			}
		}
	}
}

// heap returns a dump whose heap part is the bytes.
func heap(idSize int, b ...byte) []byte {
	d := hproftest.New(idSize, hproftest.Bare(), hproftest.Segments(0))
	d.RawRecord(b...)
	return d.Bytes()
}

// TestDamagedSubRecords names kind and place of what cannot be read.
func TestDamagedSubRecords(t *testing.T) {
	id := []byte{0, 0, 0, 8}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	root := join([]byte{byte(hprof.RootUnknown)}, id)
	instance := func(claim ...byte) []byte {
		return join([]byte{byte(hprof.InstanceDump)}, id, id, id, claim, make([]byte, 8))
	}
	for _, c := range []struct {
		name   string
		heap   []byte
		offset int64 // from the start of the heap part
		want   string
		eof    bool
	}{
		{"unknown tag", join(root, []byte{0x77, 1, 2}), 5, "unknown sub-record tag 0x77", false},
		{"tag 0", join(root, make([]byte, 10)), 5, "unknown sub-record tag 0x00", false},
		{"instance too long", instance(0, 0, 1, 0), 0, "inside a record of kind instance dump", true},
		{"instance of 4 GiB", instance(255, 255, 255, 255), 0, "inside a record of kind instance dump", true},
		{"root cut", join(root, []byte{byte(hprof.RootJavaFrame), 1, 2}), 5, "inside a record of kind Java frame", true},
		{"primitive array of objects", join([]byte{byte(hprof.PrimitiveArray)}, id, id, id, []byte{2}), 0, "primitive array of element type 2", false},
		{"primitive array of type 200", join([]byte{byte(hprof.PrimitiveArray)}, id, id, id, []byte{200}), 0, "primitive array of element type 200", false},
		{"primitive array too long", join([]byte{byte(hprof.PrimitiveArray)}, id, id, []byte{255, 255, 255, 255, 11, 0}), 0, "inside a record of kind primitive array dump", true},
		{"object array too long", join([]byte{byte(hprof.ObjectArray)}, id, id, []byte{255, 255, 255, 255}, id), 0, "inside a record of kind object array dump", true},
		{"class cut", join([]byte{byte(hprof.ClassDump)}, make([]byte, 20)), 0, "inside a record of kind class dump", true},
		{"class with a static of type 1", join([]byte{byte(hprof.ClassDump)}, make([]byte, 4+4+6*4+4+2), []byte{0, 1}, id, []byte{1}), 0, "class dump with a value of type 1", false},
		{"class with 65535 fields", join([]byte{byte(hprof.ClassDump)}, make([]byte, 4+4+6*4+4+2+2), []byte{255, 255}), 0, "inside a record of kind class dump", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := hprof.OpenBytes(heap(4, c.heap...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = walk(f)
			var fe *hprof.FormatError
			if !errors.As(err, &fe) || !strings.Contains(fe.What, c.want) || fe.Offset != f.Segments[0].Offset+c.offset || errors.Is(err, io.ErrUnexpectedEOF) != c.eof {
				t.Errorf("%v, want %q at %d", err, c.want, f.Segments[0].Offset+c.offset)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "hprof: ") {
				t.Errorf("message %q", err)
			}
		})
	}
}

// TestDamagedTop names what is wrong at the top level and keeps what came before.
func TestDamagedTop(t *testing.T) {
	good := sample(8).Bytes()
	f, err := hprof.OpenBytes(good)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := walk(f)
	long := []byte{hprof.TagUTF8, 0, 0, 0, 0, 0x7f, 0, 0, 0}
	for _, c := range []struct {
		name  string
		dump  []byte
		want  string
		whole bool // all records of the heap are there
	}{
		{"trailing zeros", append(bytes.Clone(good), make([]byte, 100)...), "unknown record tag 0x00", true},
		{"trailing rubbish", append(bytes.Clone(good), "this is no record"...), "unknown record tag 0x74", true},
		{"half a header", append(bytes.Clone(good), 1, 2), "2 bytes follow the end of the dump", true},
		{"record past the end", append(bytes.Clone(good), long...), "record of tag 0x01 claims 2130706432 bytes", true},
		{"heap past the end", good[:len(good)-30], "the dump ends inside a heap record: 21 bytes are missing", false},
	} {
		f, err := hprof.OpenBytes(c.dump)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, _ := walk(f)
		if len(f.Problems) != 1 || !strings.Contains(f.Problems[0].What, c.want) || total(got) != total(want) && c.whole {
			t.Errorf("%s: %d records of %d, problems %+v, want %q", c.name, total(got), total(want), f.Problems, c.want)
		}
	}
}

// TestShortTopRecords skips records that are too short for their kind.
func TestShortTopRecords(t *testing.T) {
	for _, tag := range []byte{hprof.TagUTF8, hprof.TagLoadClass, hprof.TagFrame, hprof.TagTrace} {
		d := sample(8)
		d.RawTop(tag, []byte{1, 2, 3})
		f := d.Open(t)
		want, _ := walk(sample(8).Open(t))
		if got, err := walk(f); err != nil || total(got) != total(want) || len(f.Problems) != 1 || !strings.Contains(f.Problems[0].What, "too short") {
			t.Errorf("tag 0x%02x: %d records of %d, %v, %+v", tag, total(got), total(want), err, f.Problems)
		}
	}
	d := sample(4)
	d.RawTop(hprof.TagTrace, []byte{0, 0, 0, 9, 0, 0, 0, 9, 255, 255, 255, 255, 0, 0}) // claims 4 billion frames
	if f := d.Open(t); len(f.Problems) != 1 {
		t.Errorf("a trace of 4 billion frames: %+v", f.Problems)
	}
}

// sparse writes a dump with a byte[] of 4 GiB and more without taking the room: lengths of the heap record wrap.
func sparse(t *testing.T, segments bool, elems uint32) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sparse.hprof")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	head := []byte("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01")
	be := binary.BigEndian
	array := func(id uint64, n uint32) []byte {
		b := append([]byte{byte(hprof.PrimitiveArray)}, be.AppendUint64(nil, id)...)
		return append(be.AppendUint32(append(b, 0, 0, 0, 1), n), byte(hprof.Long))
	}
	tail := append(array(0x20000, 1), 1, 2, 3, 4, 5, 6, 7, 8)
	length := int64(18) + 8*int64(elems) + int64(len(tail))
	tag := byte(hprof.TagHeapDump)
	if segments {
		tag = hprof.TagHeapDumpSegment
	}
	b := append(head, tag, 0, 0, 0, 0)
	b = be.AppendUint32(b, uint32(length))
	b = append(b, array(0x10000, elems)...)
	if _, err := out.Write(b); err != nil {
		t.Fatal(err)
	}
	end := append(tail, hprof.TagHeapDumpEnd, 0, 0, 0, 0, 0, 0, 0, 0)
	if _, err := out.WriteAt(end, int64(len(b))+8*int64(elems)); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	return path
}

// TestWrappedLengths reads a HEAP_DUMP record of more than 4 GiB and offsets beyond.
func TestWrappedLengths(t *testing.T) {
	for _, elems := range []uint32{100, 1<<29 - 10, 1 << 29, 3<<29 + 12345} {
		f, err := hprof.Open(context.Background(), sparse(t, false, elems), hprof.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c := hprof.NewCursor(f, false)
		var ids []hprof.ID
		var last []byte
		for _, s := range f.Segments {
			for c.Reset(s.Offset, s.Length); c.Next(); {
				ids = append(ids, c.Rec.ID)
				last = bytes.Clone(c.Rec.Body)
			}
		}
		if err := c.Err(); err != nil || len(f.Problems) > 0 || len(ids) != 2 || !bytes.Equal(last, []byte{1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Errorf("%d elements: records %x, last %x, %v, problems %+v", elems, ids, last, err, f.Problems)
		}
	}
}

// TestDamagedGzip keeps what was unpacked before the damage.
func TestDamagedGzip(t *testing.T) {
	d := sample(8, hproftest.Gzip())
	for i := range 2000 {
		d.Longs(int64(i)*0x9E3779B97F4A7C, int64(i))
	}
	packed := d.Bytes()
	plain, _ := walk(func() *hprof.File {
		f, err := hprof.Open(context.Background(), d.WriteFile(t, "good.gz"), hprof.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}())
	flipped := bytes.Clone(packed)
	flipped[len(flipped)/2] ^= 0xff
	sum := bytes.Clone(packed)
	sum[len(sum)-8] ^= 0xff
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"cut":      {packed[:len(packed)*6/10], "the gzip file ends early"},
		"flipped":  {flipped, "the gzip data is damaged"},
		"checksum": {sum, "the gzip data is damaged"},
		"trailer":  {packed[:len(packed)-4], "the gzip file ends early"},
		"rubbish":  {append(bytes.Clone(packed), "rubbish"...), "the last 7 bytes of the file, after the gzip data, are no gzip"},
	} {
		path := filepath.Join(t.TempDir(), "x.gz")
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		tmp := t.TempDir()
		f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: tmp})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, _ := walk(f)
		said := slices.ContainsFunc(f.Problems, func(p hprof.Problem) bool { return strings.Contains(p.What, c.want) })
		if !said || total(got) > total(plain) || total(got) == 0 {
			t.Errorf("%s: %d records of %d, problems %+v, want %q", name, total(got), total(plain), f.Problems, c.want)
		}
		_ = f.Close()
		if left, _ := os.ReadDir(tmp); len(left) > 0 {
			t.Errorf("%s: %v is left behind", name, left)
		}
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := hprof.Open(context.Background(), dir, hprof.Options{}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
	if _, err := hprof.Open(context.Background(), filepath.Join(dir, "none"), hprof.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for name, b := range map[string]string{"noise.gz": "\x1f\x8b\x08noise that is no gzip at all", "short.gz": "\x1f\x8b\x08"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: dir}); !errors.Is(err, hprof.ErrNotHPROF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, opt := range [][]hproftest.Option{nil, {hproftest.Gzip()}} {
		if _, err := hprof.Open(ctx, sample(8, opt...).WriteFile(t, "x"), hprof.Options{TempDir: dir}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

// TestSmallCursor jumps between records.
func TestSmallCursor(t *testing.T) {
	f := sample(8).Open(t)
	type place struct {
		off int64
		id  hprof.ID
	}
	var places []place
	c := hprof.NewCursor(f, true)
	for _, s := range f.Segments {
		for c.Reset(s.Offset, s.Length); c.Next(); {
			places = append(places, place{c.Rec.Offset, c.Rec.ID})
		}
	}
	small := hprof.NewSmallCursor(f)
	for i := range places {
		p := places[i*7919%len(places)]
		small.Reseek(p.off)
		if !small.Next() || small.Rec.ID != p.id || small.Rec.Offset != p.off {
			t.Fatalf("at %d: record 0x%x, want 0x%x; %v", p.off, small.Rec.ID, p.id, small.Err())
		}
	}
	small.Reseek(f.Size + 100)
	if small.Next() {
		t.Error("a record past the end")
	}
	small.Reseek(places[0].off)
	if !small.Next() {
		t.Errorf("no record after a bad place: %v", small.Err())
	}
}

// TestSeveralDumps reads dumps that were appended to one file, whole or cut off.
func TestSeveralDumps(t *testing.T) {
	first, second := sample(8, hproftest.Segments(300)), sample(4)
	second.Longs(4, 5, 6)
	one, two := first.Bytes(), second.Bytes()
	whole := func(b []byte) int {
		f, err := hprof.OpenBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := walk(f)
		return total(n)
	}
	for _, c := range []struct {
		name     string
		b        []byte
		dumps    int
		complete bool // the first
	}{
		{"one", one, 1, true},
		{"two", slices.Concat(one, two), 2, true},
		{"three", slices.Concat(one, two, one), 3, true},
		{"old format", slices.Concat(sample(8, hproftest.Version("1.0.1")).Bytes(), two), 2, true},
		{"cut at a record's header", slices.Concat(one[:len(one)-5], two), 2, false},
		{"cut in the heap", slices.Concat(one[:len(one)-400], two), 2, false},
		{"cut in a great record", slices.Concat(sample(8).Bytes()[:len(one)-400], two, one), 3, false},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		for n := range c.dumps {
			f, err := hprof.Open(context.Background(), path, hprof.Options{Dump: n + 1})
			if err != nil {
				t.Fatalf("%s, dump %d: %v", c.name, n+1, err)
			}
			want := whole([][]byte{one, two, one}[n])
			got, _ := walk(f)
			if f.Dumps != c.dumps || f.Dump != n+1 || (len(f.Problems) == 0) != (c.complete || n > 0) || (c.complete || n > 0) && total(got) != want || total(got) > want || total(got) < want/2 {
				t.Errorf("%s, dump %d: %d of %d, %d records of %d, problems %v", c.name, n+1, f.Dump, f.Dumps, total(got), want, f.Problems)
			}
			_ = f.Close()
		}
		if _, err := hprof.Open(context.Background(), path, hprof.Options{Dump: c.dumps + 1}); !errors.Is(err, hprof.ErrNoSuchDump) {
			t.Errorf("%s: one more: %v", c.name, err)
		}
	}
}
