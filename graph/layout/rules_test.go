package layout

import "testing"

// The machines that the tests of the rules use.
var (
	vm17 = machine{12, 12, 4, 8, 8, false, JDK15}
	vm8  = machine{12, 12, 4, 8, 8, false, JDK6}
	vm5  = machine{8, 8, 4, 4, 8, false, JDK5}
	vm25 = machine{12, 12, 4, 8, 8, true, JDK25}
)

// fields declares one field for each letter of a descriptor, named a, b, c …
func fields(letters string) []Field {
	kinds := map[rune]Kind{'L': Object, 'Z': Boolean, 'C': Char, 'F': Float, 'D': Double, 'B': Byte, 'S': Short, 'I': Int, 'J': Long}
	var fs []Field
	for i, r := range letters {
		fs = append(fs, Field{Name: string(rune('a' + i)), Type: kinds[r]})
	}
	return fs
}

// sizeOf returns the size of the last class of a chain; each class declares the
// fields of one string and extends the class before.
func sizeOf(vm machine, chain ...string) int64 {
	var classes []Class
	for i, letters := range chain {
		classes = append(classes, Class{Name: "x.C" + string(rune('A'+i)), Super: int32(i) - 1, Fields: fields(letters)})
	}
	p := newProgram(classes)
	shapes := p.layAll(&vm, p.declare(), nil)
	return vm.objectSize(shapes[len(shapes)-1].end)
}

func TestPackingRules(t *testing.T) {
	neither := machine{16, 16, 8, 8, 8, false, JDK15}
	compact := machine{8, 8, 4, 8, 8, true, JDK25}
	align32 := machine{12, 12, 4, 8, 32, false, JDK15}
	for _, c := range []struct {
		what  string
		vm    machine
		chain []string
		want  int64
	}{
		{"java.lang.Object", vm17, []string{""}, 16},
		{"java.lang.Object, compact header", compact, []string{""}, 8},
		{"java.util.HashMap$Node: 12 + int + 3 references", vm17, []string{"", "ILLL"}, 32},
		{"the same uncompressed: 16 + 4 + 4 + 24", neither, []string{"", "ILLL"}, 48},
		{"java.lang.Long: gap of 4 before the long", vm17, []string{"", "", "J"}, 24},
		{"the gap before a long takes an int", vm17, []string{"JI"}, 24},
		{"the gap before a long takes a reference", vm17, []string{"JL"}, 24},
		{"two ints do not fit the gap", vm17, []string{"JII"}, 32},
		{"rounded up to the alignment", align32, []string{"JII"}, 32},
		{"rounded up to the next multiple", align32, []string{"JJJ"}, 64},

		// A byte at 12, then the subclass: JDK 15 continues at 13, JDK 8 at 16.
		{"a subclass fills behind its superclass", vm17, []string{"B", "BBB"}, 16},
		{"JDK 8 rounds each class to a reference", vm8, []string{"B", "BBB"}, 24},
		// A long at 16 leaves the hole 12-16 to any subclass; in JDK 8 only to
		// the class itself.
		{"a subclass fills the hole of its superclass", vm17, []string{"J", "I"}, 24},
		{"JDK 8 leaves holes to the class itself", vm8, []string{"J", "I"}, 32},
		{"JDK 8 fills its own hole with an int", vm8, []string{"JI"}, 24},
		{"JDK 8 fills its own hole with shorts and bytes", vm8, []string{"JSBB"}, 24},
		{"JDK 8 fills its own hole with a reference", vm8, []string{"JL"}, 24},
		// Best fit: of the holes 12-16 and 17-20 the byte takes the smaller, so
		// that the int still has the larger. Behind: long, byte, hole, reference.
		{"the smallest hole that fits", vm17, []string{"J", "B", "I"}, 32},

		// JDK 5, 32 bits: references at 8, then the long aligned, then the rest.
		{"JDK 5 puts references first", vm5, []string{"LJB"}, 32},
		{"JDK 5 fills no gap", vm5, []string{"LJI"}, 32},
		{"32 bits, no field", vm5, []string{""}, 8},

		// Superclass: reference at 12. JDK 25 then lays the reference of the
		// subclass at 16 and its long at 24; JDK 17 the long at 16.
		{"JDK 25 goes on with references", vm25, []string{"L", "LJ"}, 32},
		{"JDK 17 goes on with primitives", vm17, []string{"L", "LJ"}, 32},
	} {
		if got := sizeOf(c.vm, c.chain...); got != c.want {
			t.Errorf("%s: %q is %d bytes, want %d", c.what, c.chain, got, c.want)
		}
	}
}

// TestOopsLead holds JDK 25's order apart from JDK 17's by what it leaves to a
// subclass: after "L" and "LJ", JDK 17 has a hole of four bytes at its end only.
func TestOopsLead(t *testing.T) {
	if got := sizeOf(vm25, "L", "LJ", "I"); got != 32 {
		t.Errorf("JDK 25: the int goes into the hole 20-24: %d bytes, want 32", got)
	}
	if got := sizeOf(vm17, "L", "LJ", "I"); got != 32 {
		t.Errorf("JDK 17: the int goes behind the reference at 24: %d bytes, want 32", got)
	}
	if got := sizeOf(vm25, "LI", "L"); got != 24 {
		t.Errorf("JDK 25: int 12, references 16 and 20: %d bytes, want 24", got)
	}
}

func TestArraySizes(t *testing.T) {
	noccp := machine{16, 16, 4, 8, 8, false, JDK15}
	noccp25 := machine{16, 16, 4, 8, 8, true, JDK25}
	compact := machine{8, 8, 4, 8, 8, true, JDK25}
	for _, c := range []struct {
		vm   machine
		elem Kind
		n    uint32
		want int64
	}{
		{vm17, Byte, 0, 16},
		{vm17, Byte, 1, 24},
		{vm17, Byte, 8, 24},
		{vm17, Char, 5, 32},
		{vm17, Object, 3, 32},
		{vm17, Long, 1, 24},
		{noccp, Byte, 4, 32},   // base 24
		{noccp25, Byte, 4, 24}, // base 20, JDK-8139457
		{noccp25, Long, 1, 32}, // base 24
		{compact, Byte, 4, 16}, // base 12
		{compact, Long, 1, 24}, // base 16
		{vm5, Object, 1, 16},   // base 12
		{vm5, Long, 1, 24},     // base 16
		{vm17, Long, 1<<32 - 1, 16 + 8*(1<<32-1)},
	} {
		m := Model{vm: c.vm}
		if got := m.Array(c.elem, c.n); got != c.want {
			t.Errorf("array of %d of kind %d on %+v: %d bytes, want %d", c.n, c.elem, c.vm, got, c.want)
		}
	}
}

// TestTabledClasses checks injected and contended fields on the class library's
// own classes, with the sizes that jcmd PID GC.class_histogram of JDK 17 shows.
func TestTabledClasses(t *testing.T) {
	in := &Input{IDSize: 8, JavaVersion: "17.0.2", Classes: []Class{
		{Name: "java.lang.Object", Super: -1},
		{Name: "java.lang.String", Super: 0, Fields: fields("LIBZ")}, // and flags
		{Name: "java.util.concurrent.atomic.Striped64$Cell", Super: 0, Fields: fields("J")},
		{Name: "java.util.concurrent.ConcurrentHashMap$CounterCell", Super: 0, Fields: fields("J")},
		{Name: "x.Sub", Super: 2, Fields: fields("I")},
		{Name: "java.lang.Class", Super: 0, Fields: append(fields("LLLLLLLLLLLLLL"), Field{"classRedefinedCount", Int})},
		{Name: "x.Statics", Super: 0, Statics: append(fields("LJB"), Field{"<init_lock>", Object})},
	}}
	m := Computed(in)
	for class, want := range []int64{
		16, 24,
		280, // header 12 + 128, long 144-152, + 128
		280,
		288, // behind the superclass's long: 152 + 128, int 280-284
		112, // 14 references, 1 int, injected P P I I L L L
	} {
		if got := m.Instance(int32(class)); got != want {
			t.Errorf("%s: %d bytes, want %d", in.Classes[class].Name, got, want)
		}
	}
	if got := m.Mirror(6); got != 136 { // reference 112-116, long 120-128, byte 128
		t.Errorf("mirror with static fields: %d bytes, want 136", got)
	}
	if got := m.Mirror(0); got != 112 || m.PrimitiveMirror() != 112 {
		t.Errorf("mirror without static fields: %d and %d bytes, want 112", got, m.PrimitiveMirror())
	}
}

func TestStackChunk(t *testing.T) {
	in := &Input{IDSize: 8, JavaVersion: "25", Classes: []Class{
		{Name: "java.lang.Object", Super: -1},
		{Name: "jdk.internal.vm.StackChunk", Super: 0, Fields: fields("LIII")}, // and LBPIB
	}}
	m := Computed(in)
	if got := m.Instance(1); got != 48 {
		t.Errorf("without a stack: %d bytes, want 48", got)
	}
	// 100 words of stack, 200 bits of bitmap in 4 words.
	if got := m.StackChunk(1, 100); got != 48+800+32 {
		t.Errorf("with 100 words: %d bytes, want %d", got, 48+800+32)
	}
	if got := m.StackChunk(1, -1); got != 48 {
		t.Errorf("a negative size counts as 0: %d bytes", got)
	}
}

// TestLegacyContended follows JDK 8's Thread, whose last three fields stand apart.
func TestLegacyContended(t *testing.T) {
	var fs []Field
	fs = append(fs, fields("LLI")...)
	fs = append(fs, Field{"threadLocalRandomSeed", Long}, Field{"threadLocalRandomProbe", Int}, Field{"threadLocalRandomSecondarySeed", Int})
	in := &Input{IDSize: 8, JavaVersion: "1.8.0_292", Classes: []Class{
		{Name: "java.lang.Object", Super: -1},
		{Name: "java.lang.Thread", Super: 0, Fields: fs},
		{Name: "x.Worker", Super: 1, Fields: fields("I")},
	}}
	m := Computed(in)
	// int 12, references 16-24, padding, long 152-160, ints 160-168, padding.
	if got := m.Instance(1); got != 296 {
		t.Errorf("Thread: %d bytes, want 296", got)
	}
	if got := m.Instance(2); got != 304 {
		t.Errorf("its subclass starts behind the padding: %d bytes, want 304", got)
	}
}

func TestCycleOfSuperclasses(t *testing.T) {
	in := &Input{IDSize: 8, Classes: []Class{
		{Name: "A", Super: 1, Fields: fields("J")},
		{Name: "B", Super: 2, Fields: fields("J")},
		{Name: "C", Super: 0, Fields: fields("J")},
		{Name: "Self", Super: 3},
		{Name: "Far", Super: 1 << 30},
		{Name: "OfArray", Super: 6, Fields: fields("I")},
		{Name: "[I", Super: 0, IsArray: true},
	}}
	m := Computed(in)
	for c := range in.Classes {
		if got := m.Instance(int32(c)); got < 16 || got > 40 {
			t.Errorf("%s: %d bytes", in.Classes[c].Name, got)
		}
	}
}

func TestParseFeature(t *testing.T) {
	for version, want := range map[string]int{
		"": 0, "1.5.0_22": 5, "1.6.0_30": 6, "1.8.0_292": 8, "9": 9, "11.0.11": 11, "25-ea": 25, "garbage": 0, "1.": 0, "999999": 0, "4": 0,
	} {
		if got := parseFeature(version); got != want {
			t.Errorf("parseFeature(%q) = %d, want %d", version, got, want)
		}
	}
}
