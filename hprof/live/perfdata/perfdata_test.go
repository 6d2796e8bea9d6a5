package perfdata_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"heapcause/hprof/live/perfdata"
)

func sample(order binary.ByteOrder) []byte {
	return perfdata.Encode(order,
		[]perfdata.Number{{Name: "java.threads.live", Value: 12}, {Name: "sun.gc.collector.0.time", Value: -1}},
		[]perfdata.Text{{Name: "sun.rt.javaCommand", Value: "com.example.Main a"}, {Name: "sun.gc.cause", Value: ""}})
}

func TestParse(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		d, err := perfdata.Parse(sample(order))
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := d.Number("java.threads.live"); n != 12 || !ok {
			t.Errorf("%v: live threads %d, %v", order, n, ok)
		}
		if n, ok := d.Number("sun.gc.collector.0.time"); n != -1 || !ok {
			t.Errorf("%v: time %d, %v", order, n, ok)
		}
		if _, ok := d.Number("java.threads.daemon"); ok {
			t.Errorf("%v: a number that is not there", order)
		}
		if s := d.Text("sun.rt.javaCommand"); s != "com.example.Main a" {
			t.Errorf("%v: command %q", order, s)
		}
		if d.Len() != 4 {
			t.Errorf("%v: %d values", order, d.Len())
		}
	}
}

// TestParseHostile: each defect is named, none is followed.
func TestParseHostile(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name, want string
		change     func(b []byte) []byte
	}{
		{"empty", "0 bytes", func([]byte) []byte { return nil }},
		{"magic", "begins with", func(b []byte) []byte { b[0] = 0; return b }},
		{"byte order", "byte order 7", func(b []byte) []byte { b[4] = 7; return b }},
		{"version", "version 1.0", func(b []byte) []byte { b[5] = 1; return b }},
		{"entries in the prologue", "inside of the prologue", func(b []byte) []byte { le.PutUint32(b[24:], 4); return b }},
		{"entries far away", "behind the end", func(b []byte) []byte { le.PutUint32(b[24:], 1<<31); return b }},
		{"count", "behind the end", func(b []byte) []byte { le.PutUint32(b[28:], 1<<31); return b }},
		{"length 0", "has length 0", func(b []byte) []byte { le.PutUint32(b[32:], 0); return b }},
		{"length", "has length 4294967295", func(b []byte) []byte { le.PutUint32(b[32:], 1<<32-1); return b }},
		{"name", "name: at 4000000000", func(b []byte) []byte { le.PutUint32(b[36:], 4000000000); return b }},
		{"value", "value at 4294967295", func(b []byte) []byte { le.PutUint32(b[48:], 1<<32-1); return b }},
		{"cut", "bytes are left", func(b []byte) []byte { return b[:len(b)-1] }},
	} {
		d, err := perfdata.Parse(c.change(sample(le)))
		if err == nil || d != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	b := sample(le)
	b[7] = 0
	if _, err := perfdata.Parse(b); !errors.Is(err, perfdata.ErrNotReady) {
		t.Errorf("not filled yet: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(binary.LittleEndian))
	f.Add(sample(binary.BigEndian))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := perfdata.Parse(b)
		if (d == nil) != (err != nil) {
			t.Fatal("neither data nor error")
		}
		if d != nil && d.Len() > len(b) {
			t.Fatalf("%d values of %d bytes", d.Len(), len(b))
		}
	})
}
