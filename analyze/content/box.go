package content

import (
	"slices"

	"heapcause/graph"
	"heapcause/hprof"
)

// boxKind is a class of boxes.
type boxKind struct {
	class  graph.Class
	value  graph.Field
	cached bool  // valueOf has one box for each value from low to high
	low    int64 // -128 but for characters
	high   int64
}

// boxNames are the classes of boxes with the highest value that valueOf has one box of: all booleans and bytes, none of the
// fractions.
var boxNames = []struct {
	name      string
	cached    bool
	low, high int64
}{
	{"java.lang.Boolean", true, 0, 1},
	{"java.lang.Byte", true, -128, 127},
	{"java.lang.Character", true, 0, 127},
	{"java.lang.Double", false, 0, 0},
	{"java.lang.Float", false, 0, 0},
	{"java.lang.Integer", true, -128, 127},
	{"java.lang.Long", true, -128, 127},
	{"java.lang.Short", true, -128, 127},
}

// bindBoxes finds the classes of boxes and returns how many there are of them.
func (s *scanner) bindBoxes() int64 {
	n := int64(0)
	for _, b := range boxNames {
		f, ok := s.h.Bind(b.name, "value")
		if !ok || f.Type() == hprof.Object {
			continue
		}
		k := &boxKind{f.Class, f, b.cached, b.low, b.high}
		if b.name == "java.lang.Integer" {
			k.high = s.integerCacheHigh()
		}
		s.boxes = append(s.boxes, k)
		s.does[f.Class] = s.boxOf(len(s.boxes) - 1)
		n += s.h.Class(f.Class).Instances
	}
	return n
}

// integerCacheHigh reads what -XX:AutoBoxCacheMax may have set.
func (s *scanner) integerCacheHigh() int64 {
	for _, c := range s.h.ClassesByName("java.lang.Integer$IntegerCache") {
		if v, t, ok := s.h.Static(c, "high"); ok && t == hprof.Int {
			return max(127, int64(int32(v)))
		}
	}
	return 127
}

// boxOf returns what looks at boxes of a kind.
func (s *scanner) boxOf(kind int) func(*worker, *graph.View) {
	b := s.boxes[kind]
	return func(k *worker, v *graph.View) {
		if !s.reachable(v.Object) {
			k.boxes[kind].Garbage++
			return
		}
		k.boxes[kind].Boxes.Objects++
		if x := v.Int(b.value); b.cached && b.low <= x && x <= b.high {
			k.boxes[kind].Cached++
		}
		k.out.Put(graph.SpillRecord{Key: mix(v.RefAddr(b.value)), Tag: boxTag | uint32(kind), Object: uint32(v.Object)})
	}
}

// mix spreads numbers one to one (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// finishBoxes adds up what the workers counted.
func (s *scanner) finishBoxes(distinct []int64) []Box {
	var out []Box
	for i, b := range s.boxes {
		box := Box{Class: b.class, Distinct: distinct[i]}
		for _, k := range s.workers {
			box.Boxes.Objects += k.boxes[i].Boxes.Objects
			box.Garbage += k.boxes[i].Garbage
			box.Cached += k.boxes[i].Cached
		}
		box.Boxes.Bytes = box.Boxes.Objects * s.h.Layout().Instance(int32(b.class))
		if !b.cached {
			box.Cached = -1
		}
		out = append(out, box)
	}
	return slices.Clip(out)
}
