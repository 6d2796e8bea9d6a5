package hproftest_test

import (
	"bytes"
	"context"
	"testing"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// sample has a bit of everything.
func sample(idSize int, opts ...hproftest.Option) *hproftest.Dump {
	d := hproftest.New(idSize, opts...)
	order := d.Class("com.acme.Order", hproftest.Fields("String sql", "Order next", "int state", "double price"))
	first := d.Instance(order, d.String("select 1"), nil, 3, 1.5)
	second := d.Instance(order).Set("next", first)
	d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", second)), hproftest.Sticky())
	d.Finalizer(first)
	d.Enqueue(d.Finalizer(second), d.FinalizerQueue())
	d.ArrayList(d.Soft(first), d.HashMap(d.String("a"), d.Boxed(1)))
	d.Properties("java.home", "/opt/java")
	d.JavaVersion("17.0.1")
	d.Timer("Timer-0", d.Instance(d.JDK("java.util.TimerTask")))
	d.Thread("main", "com.acme.Main.run(Main.java:12)").Local(0, first)
	return d
}

func TestDumpIsReadable(t *testing.T) {
	for _, c := range []struct {
		name string
		id   int
		opts []hproftest.Option
	}{
		{"8", 8, nil},
		{"4", 4, nil},
		{"java 8", 8, []hproftest.Option{hproftest.Java(8)}},
		{"java 6", 4, []hproftest.Option{hproftest.Java(6), hproftest.Version("1.0.1")}},
		{"one record", 8, []hproftest.Option{hproftest.Segments(0)}},
		{"small segments", 8, []hproftest.Option{hproftest.Segments(100)}},
		{"heap first", 8, []hproftest.Option{hproftest.HeapFirst()}},
		{"reversed", 8, []hproftest.Option{hproftest.Records(hproftest.Reversed)}},
		{"shuffled", 4, []hproftest.Option{hproftest.Records(hproftest.Shuffled(1))}},
		{"interleaved", 4, []hproftest.Option{hproftest.Records(hproftest.Interleaved(3))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := sample(c.id, c.opts...)
			f := d.Open(t)
			if len(f.Problems) > 0 {
				t.Fatal(f.Problems)
			}
			want := len(d.Objects())
			cur := hprof.NewCursor(f, true)
			for _, s := range f.Segments {
				cur.Reset(s.Offset, s.Length)
				for cur.Next() {
					switch cur.Rec.Tag {
					case hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray:
						want--
					}
				}
				if err := cur.Err(); err != nil {
					t.Fatal(err)
				}
			}
			if want != 0 {
				t.Errorf("%d objects are missing", want)
			}
		})
	}
}

func TestDumpIsDeterministic(t *testing.T) {
	if !bytes.Equal(sample(8).Bytes(), sample(8).Bytes()) {
		t.Error("the same calls give different bytes")
	}
	d := sample(8)
	if !bytes.Equal(d.Bytes(), d.Bytes()) {
		t.Error("writing twice gives different bytes")
	}
}

func TestGzipFile(t *testing.T) {
	path := sample(8, hproftest.Gzip()).WriteFile(t, "x.hprof.gz")
	f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain := sample(8).Bytes()
	if f.Size != int64(len(plain)) {
		t.Errorf("%d bytes unpacked, want %d", f.Size, len(plain))
	}
}
