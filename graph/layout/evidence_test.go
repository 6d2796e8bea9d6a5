package layout

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestNearestInAnyOrder holds the kept distances to a plain sort, and the merge
// of many collectors to one collector.
func TestNearestInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all nearest
		parts := make([]nearest, 3)
		counts := map[uint32]uint64{}
		for range rng.IntN(200) {
			d := uint32(8 * (1 + rng.IntN(20)))
			counts[d]++
			all.add(d, 1)
			parts[rng.IntN(len(parts))].add(d, 1)
		}
		var want nearest
		i := 0
		for d := uint32(8); d <= 160 && i < nearestKept; d += 8 {
			if counts[d] > 0 {
				want.distance[i], want.count[i] = d, counts[d]
				i++
			}
		}
		if all != want {
			t.Fatalf("collected %v, want %v", all, want)
		}
		var merged nearest
		for _, p := range parts {
			for i, d := range p.distance {
				if d != 0 {
					merged.add(d, p.count[i])
				}
			}
		}
		if merged != want {
			t.Fatalf("merged %v, want %v", merged, want)
		}
	}
}

// TestArrayEvidenceIsExact holds the table's tally to a comparison of every array.
func TestArrayEvidenceIsExact(t *testing.T) {
	kinds := []Kind{Object, Boolean, Char, Float, Double, Byte, Short, Int, Long}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, m := range append(hypotheses(8, 8, release{}), append(hypotheses(8, 256, release{}), hypotheses(4, 8, release{})...)...) {
		e := NewEvidence(0)
		var want tally
		for range 2000 {
			k, n := kinds[rng.IntN(len(kinds))], uint32(rng.IntN(300))
			if rng.IntN(50) == 0 {
				n = rng.Uint32()
			}
			size := m.arraySize(k.bytes(m.ref), int64(n))
			d := size + m.align*int64(rng.IntN(12)-3)
			if d <= 0 {
				continue
			}
			e.Array(k, n, uint64(d))
			want.observed++
			switch {
			case d == size:
				want.touches++
			case d < size:
				want.violations++
			}
		}
		if got := e.arrays.tally(&m); got != want {
			t.Fatalf("%+v: %+v, want %+v", m, got, want)
		}
	}
}

// TestMergeIsOrderless holds that it does not matter which collector an object
// went to.
func TestMergeIsOrderless(t *testing.T) {
	const classes = 20
	rng := rand.New(rand.NewPCG(5, 6))
	one := NewEvidence(classes)
	workers := []*Evidence{NewEvidence(classes), NewEvidence(classes), NewEvidence(classes)}
	for range 5000 {
		add := func(f func(*Evidence)) { f(one); f(workers[rng.IntN(len(workers))]) }
		class, d := int32(rng.IntN(classes+2)-1), uint64(8*rng.IntN(60))
		switch rng.IntN(4) {
		case 0:
			add(func(e *Evidence) { e.Instance(class, d) })
		case 1:
			add(func(e *Evidence) { e.Mirror(class, d) })
		case 2:
			n := rng.Uint32N(50)
			add(func(e *Evidence) { e.Array(Byte, n, d) })
		default:
			add(func(e *Evidence) { e.Address(d) })
		}
	}
	merged := NewEvidence(classes)
	for _, w := range workers {
		merged.Merge(w)
	}
	if !reflect.DeepEqual(merged, one) {
		t.Error("the merged evidence differs from that of one collector")
	}
}

func TestAlignment(t *testing.T) {
	for _, c := range []struct {
		or        uint64
		want      int64
		addresses bool
	}{
		{0, 8, true},
		{0x7f00_0008, 8, true},
		{0x7f00_0010, 16, true},
		{0x7f00_0100, 256, true},
		{0x7f00_0000, 256, true},
		{0x7f00_0004, 8, false},
		{3, 8, false},
		{1 << 63, 256, true},
	} {
		e := NewEvidence(0)
		e.AddressBits(c.or)
		if got, ok := e.alignment(); got != c.want || ok != c.addresses {
			t.Errorf("addresses %#x: alignment %d, %v; want %d, %v", c.or, got, ok, c.want, c.addresses)
		}
	}
}

// benchStream is what a worker sees: mostly runs of few classes that touch.
func benchStream(classes int) (class []int32, distance []uint64) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 1 << 16 {
		c := rng.IntN(10)
		if rng.IntN(4) == 0 {
			c = rng.IntN(classes)
		}
		d := 16 + 8*uint64(c%7)
		if rng.IntN(50) == 0 {
			d += 8 * uint64(rng.IntN(1000))
		}
		class, distance = append(class, int32(c)), append(distance, d)
	}
	return class, distance
}

func BenchmarkEvidenceInstance(b *testing.B) {
	class, distance := benchStream(5000)
	e := NewEvidence(5000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		j := i & (1<<16 - 1)
		e.Instance(class[j], distance[j])
	}
}

func BenchmarkEvidenceArray(b *testing.B) {
	rng := rand.New(rand.NewPCG(9, 10))
	var length [1 << 16]uint32
	var distance [1 << 16]uint64
	for i := range length {
		length[i] = rng.Uint32N(40)
		distance[i] = uint64(vm17.arraySize(1, int64(length[i])))
	}
	e := NewEvidence(0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		j := i & (1<<16 - 1)
		e.Array(Byte, length[j], distance[j])
	}
}
