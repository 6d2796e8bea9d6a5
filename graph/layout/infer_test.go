package layout

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// syntheticHeap is random classes and a heap of their instances, laid out by the
// rules of one machine, with gaps here and there.
type syntheticHeap struct {
	in       Input
	evidence *Evidence
	sizes    []int64
}

func newSyntheticHeap(vm machine, seed uint64) *syntheticHeap {
	rng := rand.New(rand.NewPCG(seed, 11))
	h := &syntheticHeap{in: Input{IDSize: int(vm.word)}}
	h.in.Classes = []Class{{Name: "java.lang.Object", Super: -1}}
	for i := 1; i < 150; i++ {
		c := Class{Name: fmt.Sprintf("p.C%d", i), Super: int32(rng.IntN(i))}
		for range rng.IntN(6) {
			c.Fields = append(c.Fields, fields(string("LZCFDBSIJ"[rng.IntN(9)]))...)
		}
		h.in.Classes = append(h.in.Classes, c)
	}
	p := newProgram(h.in.Classes)
	for _, s := range p.layAll(&vm, p.declare(), nil) {
		h.sizes = append(h.sizes, vm.objectSize(s.end))
	}
	h.evidence = NewEvidence(len(h.in.Classes))
	addr := uint64(0x1000_0000)
	for range 20000 {
		h.evidence.Address(addr)
		gap := int64(0)
		if rng.IntN(5) == 0 {
			gap = alignUp(int64(16+rng.IntN(400)), vm.align)
		}
		if rng.IntN(3) == 0 {
			k, n := []Kind{Object, Byte, Char, Int, Long}[rng.IntN(5)], rng.Uint32N(60)
			size := vm.arraySize(k.bytes(vm.ref), int64(n))
			h.evidence.Array(k, n, uint64(size+gap))
			addr += uint64(size + gap)
			continue
		}
		c := rng.IntN(len(h.sizes))
		h.evidence.Instance(int32(c), uint64(h.sizes[c]+gap))
		addr += uint64(h.sizes[c] + gap)
	}
	return h
}

// TestInferSynthetic recovers every machine that HotSpot can be, those of which
// there is no dump included.
func TestInferSynthetic(t *testing.T) {
	machines := hypotheses(4, 8, release{})
	for align := int64(8); align <= maxAlign; align *= 2 {
		machines = append(machines, hypotheses(8, align, release{})...)
	}
	for i, vm := range machines {
		h := newSyntheticHeap(vm, uint64(i))
		m := Infer(&h.in, h.evidence)
		if m.Estimated {
			t.Errorf("%+v: %s", vm, m)
			continue
		}
		if m.Violations > 0 || m.Corrected > 0 {
			t.Errorf("%+v: %d overlaps, %d corrected: %s", vm, m.Violations, m.Corrected, m)
		}
		for c, want := range h.sizes {
			if got := m.Instance(int32(c)); got != want {
				t.Errorf("%+v: %s: %d bytes, want %d (%s)", vm, h.in.Classes[c].Name, got, want, m)
				break
			}
		}
		for _, k := range []Kind{Object, Byte, Char, Int, Long} {
			for n := range uint32(40) {
				if got, want := m.Array(k, n), vm.arraySize(k.bytes(vm.ref), int64(n)); got != want {
					t.Fatalf("%+v: array of %d of kind %d: %d bytes, want %d (%s)", vm, n, k, got, want, m)
				}
			}
		}
	}
}

// TestInferSerialNumbers: the hprof agent of old JDKs numbers objects instead of
// writing addresses.
func TestInferSerialNumbers(t *testing.T) {
	for _, step := range []uint64{1, 8} {
		h := newSyntheticHeap(vm8, 1)
		e := NewEvidence(len(h.in.Classes))
		for i := range uint64(5000) {
			e.Address(0x1000 + i*step)
			e.Instance(int32(i%100), step)
		}
		if m := Infer(&h.in, e); !m.Estimated || m.Doubt == "" {
			t.Errorf("serial numbers in steps of %d taken for addresses: %s", step, m)
		}
	}
}

func TestInferNothing(t *testing.T) {
	m := Infer(&Input{}, NewEvidence(0))
	if !m.Estimated || !m.Unverified {
		t.Errorf("no evidence, but: %s", m)
	}
	if got := m.Instance(5); got != 16 {
		t.Errorf("unknown class: %d bytes", got)
	}
}

// TestDisproved: a size that two objects have no room for is wrong; one witness
// in a file with other overlaps is damage.
func TestDisproved(t *testing.T) {
	h := newSyntheticHeap(vm17, 2)
	c := int32(slices.Index(h.sizes, slices.Max(h.sizes)))
	h.evidence.instances[c] = nearest{}
	h.evidence.Instance(c, uint64(h.sizes[c]-8))
	h.evidence.Instance(c, uint64(h.sizes[c]+80))
	if m := Infer(&h.in, h.evidence); m.Instance(c) != h.sizes[c]-8 || m.Corrected != 1 || m.Basis(c) != Corrected {
		t.Errorf("one witness in a clean file: %d bytes, rules say %d", m.Instance(c), h.sizes[c])
	}
	h.evidence.Instance(0, 8)
	if m := Infer(&h.in, h.evidence); m.Instance(c) != h.sizes[c] || m.Basis(c) != Unconfirmed {
		t.Errorf("one witness beside other overlaps: %d bytes, rules say %d", m.Instance(c), h.sizes[c])
	}
	if m := Infer(&h.in, h.evidence); m.Instance(0) != 16 {
		t.Errorf("one object at 8 among many at 16: %d bytes", m.Instance(0))
	}
}

// TestNeverRaised: objects allocated in step with garbage keep one distance.
func TestNeverRaised(t *testing.T) {
	h := newSyntheticHeap(vm17, 3)
	h.evidence.instances[7] = nearest{}
	for range 1000 {
		h.evidence.Instance(7, uint64(h.sizes[7]+32))
	}
	if m := Infer(&h.in, h.evidence); m.Instance(7) != h.sizes[7] || m.Basis(7) != Unconfirmed {
		t.Errorf("raised to %d bytes, rules say %d", m.Instance(7), h.sizes[7])
	}
	h.evidence.Instance(7, uint64(h.sizes[7]+8))
	if m := Infer(&h.in, h.evidence); m.Instance(7) != h.sizes[7]+8 {
		t.Errorf("nothing fits into 8 bytes, yet %d bytes, rules say %d", m.Instance(7), h.sizes[7])
	}
}

func TestComputed(t *testing.T) {
	for _, c := range []struct {
		in          Input
		header, ref int
		unverified  bool
	}{
		{Input{IDSize: 8}, 12, 4, true},
		{Input{IDSize: 4}, 8, 4, true},
		{Input{IDSize: 8, JavaVersion: "17.0.2"}, 12, 4, false},
		{Input{IDSize: 8, JavaVersion: "17.0.2", AddressSpan: 40 << 30}, 12, 8, false},
		{Input{IDSize: 8, JavaVersion: "1.8.0_5", AddressSpan: 40 << 30}, 16, 8, false},
		{Input{IDSize: 8, JavaVersion: "1.5.0"}, 16, 8, false},
	} {
		m := Computed(&c.in)
		if m.HeaderBytes != c.header || m.RefBytes != c.ref || m.Unverified != c.unverified || !m.Estimated {
			t.Errorf("%+v: %s", c.in, m)
		}
	}
}

func TestString(t *testing.T) {
	h := newSyntheticHeap(vm17, 4)
	h.in.JavaVersion = "17.0.2"
	got := Infer(&h.in, h.evidence).String()
	want := "compressed oops and class pointers (12-byte header, 4-byte references), 8-byte alignment, JDK 15-24 packing; "
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "of 20,000 objects touch the next, 0 overlaps") {
		t.Error(got)
	}
}

// FuzzInfer feeds class tables and distances that no virtual machine wrote. Sizes
// stay whole multiples of the alignment, and the same input gives the same model.
func FuzzInfer(f *testing.F) {
	f.Add([]byte{}, uint8(8), "17", uint64(0x1000))
	f.Add([]byte("\x01\x00\x03\x05\x02\x01\x08\x08\x02\x07\x01\x02"), uint8(8), "1.6.0", uint64(8))
	f.Add([]byte("abcdefghijklmnopqrstuvwxyz0123456789"), uint8(4), "", uint64(0x100))
	f.Fuzz(func(t *testing.T, data []byte, idSize uint8, version string, or uint64) {
		in, e := hostileDump(data, idSize, version, or)
		m := Infer(in, e)
		for c := range in.Classes {
			for _, size := range []int64{m.Instance(int32(c)), m.Mirror(int32(c)), m.StackChunk(int32(c), int32(len(data)))} {
				if size <= 0 || size%int64(m.AlignBytes) != 0 {
					t.Fatalf("size %d on %s", size, m)
				}
			}
		}
		if again := Infer(in, e); !reflect.DeepEqual(m, again) {
			t.Fatalf("two models from one input: %s and %s", m, again)
		}
	})
}

// hostileDump reads a class table and distances out of arbitrary bytes.
func hostileDump(data []byte, idSize uint8, version string, or uint64) (*Input, *Evidence) {
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	names := []string{
		"java.lang.Object", "java.lang.Class", "java.lang.Thread", "jdk.internal.vm.StackChunk",
		"java.util.concurrent.atomic.Striped64$Cell", "java.util.concurrent.ForkJoinPool$WorkQueue", "x.Y", "[I",
	}
	in := &Input{IDSize: int(idSize), JavaVersion: version}
	for range next() % 40 {
		c := Class{Name: names[next()%8], Super: int32(next()%48) - 2}
		c.IsArray = c.Name == "[I" && next()%2 == 0
		for range next() % 8 {
			c.Fields = append(c.Fields, Field{[]string{"top", "size", "signers", ""}[next()%4], Kind(next() % 16)})
		}
		for range next() % 4 {
			c.Statics = append(c.Statics, Field{[]string{"<init_lock>", "x"}[next()%2], Kind(next() % 16)})
		}
		in.Classes = append(in.Classes, c)
	}
	e := NewEvidence(len(in.Classes) + int(next()%3) - 1)
	e.AddressBits(or)
	for len(data) > 0 {
		d := uint64(next()) << (next() % 60)
		switch next() % 4 {
		case 0:
			e.Mirror(int32(next())-1, d)
		case 1:
			e.Array(Kind(next()), uint32(next())<<(next()%28), d)
		default:
			e.Instance(int32(next())-1, d)
		}
	}
	return in, e
}

func BenchmarkInfer(b *testing.B) {
	h := newSyntheticHeap(vm17, 5)
	for i := len(h.in.Classes); i < 5000; i++ {
		c := h.in.Classes[i%150]
		h.in.Classes = append(h.in.Classes, c)
	}
	b.ReportAllocs()
	for b.Loop() {
		Infer(&h.in, h.evidence)
	}
}
