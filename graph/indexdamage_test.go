package graph_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/hprof"
)

// everything is all that a heap says, but for what is read from the dump alone.
func everything(h *graph.Heap) []any {
	out := []any{h.NumObjects(), h.NumClasses()}
	for c := range graph.Class(h.NumClasses()) {
		k := h.Class(c)
		out = append(out, k.Name, k.Addr, k.Object, k.Super, k.Loader, len(k.Fields), len(k.Statics), k.Instances)
	}
	for o := range graph.Object(h.NumObjects()) {
		a := answersOf(h, o)
		at, ok := h.Lookup(a.Addr)
		out = append(out, len(a.In), len(a.Dominated), len(a.Out), at, ok)
		for _, of := range [][]graph.Object{a.In, a.Dominated, a.Out} {
			for _, x := range of {
				out = append(out, x)
			}
		}
		out = append(out, len(a.Roots), len(a.Locals), len(a.Defined))
		out = append(out, a.Addr, a.Class, a.Own, a.IsClass, a.Length, a.Shallow, a.Retained, a.Idom, a.Strength)
	}
	for _, t := range h.Threads() {
		out = append(out, t.Object, t.Serial, len(t.Frames))
	}
	for _, gs := range [][]graph.Group{h.Classes(), h.Packages(), h.Loaders()} {
		for _, g := range gs {
			out = append(out, g)
		}
	}
	return append(out, h.Largest(10), h.Totals(), h.Roots(), h.Problems(), h.JavaVersion(), h.NumDominated(graph.NoObject))
}

// indexed is a small heap with something in every section, and its index.
func indexed(t testing.TB) (path string, key index.Key, want []any) {
	t.Helper()
	dump := wildDump(rand.New(rand.NewPCG(7, 7)), 8)
	dump.Root(hprof.RootJNIGlobal, dump.ArrayOf("byte", 1000)) // a long array
	dump.Thread("main", "com.acme.Main.run(Main.java:12)")
	h := build(t, openDump(t, dump.WriteFile(t, "d.hprof")), graph.Options{})
	path, key = keep(t, h, t.TempDir())
	opened, err := reopen(t, path, key, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return path, key, everything(opened)
}

// indexBytes is the content of that index, with a path for damaged ones.
func indexBytes(t testing.TB) (whole []byte, bad string, key index.Key, want []any) {
	t.Helper()
	path, key, want := indexed(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return whole, filepath.Join(t.TempDir(), "bad"), key, want
}

// TestDamagedIndex changes an index everywhere: what it then says is what it said before, or it says that it is damaged.
func TestDamagedIndex(t *testing.T) {
	whole, bad, key, want := indexBytes(t)
	r := rand.New(rand.NewPCG(8, 8))
	detected := 0
	try := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := reopen(t, bad, key, graph.Options{})
		if err != nil {
			if detected++; !errors.Is(err, index.ErrUnusable) {
				t.Fatalf("%s: %v", what, err)
			}
			return
		}
		got := everything(h)
		if h.Err() != nil {
			detected++
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: other answers, and no error", what)
		}
		_ = h.Close()
	}
	for at := 0; at < len(whole); at += index.BlockBytes { // every section begins at a block
		for _, place := range []int{0, r.IntN(64), r.IntN(512), r.IntN(index.BlockBytes)} {
			if place += at; place < len(whole) {
				b := append([]byte{}, whole...)
				b[place] ^= 1 << r.IntN(8)
				try("flipped", b)
			}
		}
		try("cut", whole[:at])
		try("cut", whole[:min(len(whole), at+r.IntN(index.BlockBytes))])
	}
	for range 50 {
		b := append([]byte{}, whole...)
		at := r.IntN(len(b))
		clear(b[at:min(len(b), at+1+r.IntN(1<<16))])
		try("zeroed", b)
	}
	try("longer", append(append([]byte{}, whole...), 0))
	if detected < 50 {
		t.Errorf("only %d damages detected", detected)
	}
}

// reseal gives an index the hashes of its content.
func reseal(b []byte) {
	ne := binary.NativeEndian
	if len(b) < index.BlockBytes {
		return
	}
	table := ne.Uint64(b[32:])
	if table > uint64(len(b)) || table%8 != 0 {
		return
	}
	hashes := b[table:]
	for i := 1; (i+1)*index.BlockBytes <= int(table) && 8*i+8 <= len(hashes); i++ {
		ne.PutUint64(hashes[8*i:], xxhash.Sum64(b[i*index.BlockBytes:(i+1)*index.BlockBytes]))
	}
	ne.PutUint64(b[40:], xxhash.Sum64(hashes))
	ne.PutUint64(b[index.BlockBytes-8:], xxhash.Sum64(b[:index.BlockBytes-8]))
}

// askForged asks everything of an index whose hashes are made to fit, if it opens.
func askForged(t *testing.T, bad string, key index.Key, b []byte) {
	t.Helper()
	reseal(b)
	if err := os.WriteFile(bad, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := reopen(t, bad, key, graph.Options{}); err == nil {
		everything(h)
		_ = h.Close()
	}
}

// TestForgedIndex changes an index and makes its hashes fit: no answer leads out of a column.
func TestForgedIndex(t *testing.T) {
	whole, bad, key, _ := indexBytes(t)
	r := rand.New(rand.NewPCG(9, 9))
	for range 600 {
		b := append([]byte{}, whole...)
		for range 1 + r.IntN(4) {
			block := index.BlockBytes * r.IntN(len(b)/index.BlockBytes)
			b[block+r.IntN(1<<r.IntN(11))] = byte(r.Uint32() >> r.IntN(25))
		}
		askForged(t, bad, key, b)
	}
}

// FuzzIndex opens arbitrary bytes as an index and asks everything. The hashes are made to fit, so that content is reached.
func FuzzIndex(f *testing.F) {
	whole, bad, key, _ := indexBytes(f)
	f.Add(uint32(0), []byte{})
	for block := 0; block < len(whole); block += index.BlockBytes {
		f.Add(uint32(block), []byte{0xff, 0xff, 0xff, 0xff, 0x0f})
		f.Add(uint32(block+60), []byte{1, 0, 0x80})
	}
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		b := append([]byte{}, whole...)
		copy(b[int(at)%len(b):], with)
		askForged(t, bad, key, b)
	})
}
