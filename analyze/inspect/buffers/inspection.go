package buffers

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/rules/buffers"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection shows what buffers hold.
var Inspection = &analyze.Inspection{
	Name:  "buffers",
	Title: "Buffers and memory outside of the heap",
	Doc: `Direct are the DirectByteBuffers with a cleaner of their own, whose capacities are compared with what java.nio.Bits counts; mapped
are those of a file (fd is set); slices, duplicates and views (att is set) own no memory; foreign are those without any of these, whose
memory is native code's, such as the JDK's own mapping of lib/modules. Shown besides: the buffers that each thread caches
(sun.nio.ch.Util$BufferCache), Netty's arenas by their chunks, allocations and sessions of the foreign memory API, and streams of zlib that
were not ended.`,
	Scans: buffers.Scans(),
	Run:   run,
}

func run(p *analyze.Pass) (*report.Section, error) {
	s := buffers.Of(p)
	out := &report.Section{Facts: facts(p, s)}
	direct, mapped := s.Kinds[buffers.Direct], s.Kinds[buffers.Mapped]
	out.Summary = fmt.Sprintf("%s with %s and %s with %s outside of the heap.", analyze.Plural(direct.Objects, "direct buffer"), analyze.Size(direct.Bytes),
		analyze.Plural(mapped.Objects, "mapped buffer"), analyze.Size(mapped.Bytes))
	out.Tables = []report.Table{kinds(p, s), owners(p, s), caches(p, s), largest(p, s), arenas(p, s), others(p, s)}
	if s.Bits.Capacity >= 0 && s.Bits.Capacity != direct.Bytes {
		out.Notes = append(out.Notes, fmt.Sprintf("java.nio.Bits counts %s bytes, the buffers have %s: some were being made or freed, or are allocated by other means (JNI, Unsafe, foreign memory).",
			analyze.Number(s.Bits.Capacity), analyze.Number(direct.Bytes)))
	}
	return out, nil
}

func facts(p *analyze.Pass, s *buffers.Survey) report.Rows[report.Fact] {
	out := report.Rows[report.Fact]{
		analyze.Fact("direct buffers", report.Count(s.Kinds[buffers.Direct].Objects)),
		analyze.Fact("direct bytes", report.Bytes(s.Kinds[buffers.Direct].Bytes)),
		analyze.Fact("mapped buffers", report.Count(s.Kinds[buffers.Mapped].Objects)),
		analyze.Fact("mapped bytes", report.Bytes(s.Kinds[buffers.Mapped].Bytes)),
		analyze.Fact("slices and views", report.Count(s.Kinds[buffers.View].Objects)),
		analyze.Fact("foreign buffers", report.Count(s.Kinds[buffers.Foreign].Objects)),
		analyze.Fact("foreign bytes", report.Bytes(s.Kinds[buffers.Foreign].Bytes)),
		analyze.Fact("unreachable, not freed", report.Count(s.Lost.Objects)),
		analyze.Fact("unreachable bytes", report.Bytes(s.Lost.Bytes)),
	}
	b := s.Bits
	for _, f := range []struct {
		label string
		n     int64
		count bool
	}{{"Bits.COUNT", b.Count, true}, {"Bits.TOTAL_CAPACITY", b.Capacity, false}, {"Bits.RESERVED_MEMORY", b.Reserved, false}, {"Bits.MAX_MEMORY", b.Max, false}} {
		switch {
		case f.n < 0:
		case f.count:
			out = append(out, analyze.Fact(f.label, report.Count(f.n)))
		default:
			out = append(out, analyze.Fact(f.label, report.Bytes(f.n)))
		}
	}
	if b.Max > 0 && b.Reserved >= 0 {
		out = append(out, analyze.Fact("of the limit", report.Share(b.Share())))
	}
	return out
}

var kindNames = [...]string{buffers.Direct: "direct", buffers.Mapped: "mapped", buffers.View: "slice or view", buffers.Foreign: "foreign"}

func kinds(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "kinds", Title: "Buffers by kind", Columns: []string{"kind", "class", "buffers", "capacity"}}
	type key struct {
		kind  buffers.Kind
		class graph.Class
	}
	sums := map[key]buffers.Sum{}
	for _, b := range s.Buffers {
		k := key{b.Kind, p.Heap.ClassOf(b.Object())}
		sums[k] = buffers.Sum{Objects: sums[k].Objects + 1, Bytes: sums[k].Bytes + b.Capacity}
	}
	name := func(k key) string { return kindNames[k.kind] + " " + p.ClassName(k.class) }
	for _, k := range analyze.ByCount(sums, func(s buffers.Sum) int64 { return s.Bytes }, name) {
		p.ListRow(&t, sums[k].Bytes, report.Name(kindNames[k.kind]), report.Name(p.ClassName(k.class)), report.Count(sums[k].Objects), report.Bytes(sums[k].Bytes))
	}
	for _, k := range sumsOf(p, s, "java.nio.Heap") {
		n := s.Sums[k]
		p.ListRow(&t, n.Bytes, report.Name("heap"), report.Name(p.ClassName(k.Class)), report.Count(n.Objects), report.Bytes(n.Bytes))
	}
	return t
}

func owners(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "owners", Title: "Direct buffers by owner", Columns: []string{"owner", "buffers", "capacity"}}
	for _, o := range s.Owners {
		p.ListRow(&t, o.Capacity, report.Name(o.Name), report.Count(o.Buffers), report.Bytes(o.Capacity))
	}
	return t
}

func caches(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "thread-caches", Title: "Buffers cached by threads for channels", Columns: []string{"thread", "buffers", "capacity"}}
	for _, c := range s.Caches(p) {
		p.ListRow(&t, c.Capacity, report.Name(c.Owner), report.Count(c.Buffers), report.Bytes(c.Capacity))
	}
	return t
}

// shownBuffers bounds the list of single buffers where all rows are asked for: there may be a million.
const shownBuffers = 1000

func largest(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "largest", Title: "Largest buffers that own memory", Columns: []string{"buffer", "kind", "capacity", "held"}}
	var own []buffers.Buffer
	for _, b := range s.Buffers {
		if b.Kind != buffers.View {
			own = append(own, b)
		}
	}
	slices.SortStableFunc(own, func(a, b buffers.Buffer) int { return cmp.Compare(b.Capacity, a.Capacity) })
	for i, b := range own {
		if i >= shownBuffers {
			t.Omitted++
			t.OmittedBytes += b.Capacity
			continue
		}
		p.ListRow(&t, b.Capacity, report.Object(p.Address(b.Object())), report.Name(kindNames[b.Kind]), report.Bytes(b.Capacity), report.Name(p.Heap.Strength(b.Object()).String()))
	}
	return t
}

func arenas(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "netty-arenas", Title: "Netty's arenas", Columns: []string{"arena", "class", "chunks", "bytes", "free"}}
	for _, a := range s.Arenas() {
		class, address := "", report.Value{}
		if a.Object != graph.NoObject {
			class, address = p.Heap.ClassName(a.Object), report.Object(p.Address(a.Object))
		}
		p.ListRow(&t, a.Size, address, report.Name(class), report.Count(a.Chunks), report.Bytes(a.Size), report.Bytes(a.Free))
	}
	return t
}

// zlibBytes is about what zlib takes outside of the heap for one stream, by its defaults (zconf.h).
var zlibBytes = map[string]int64{"java.util.zip.Inflater$InflaterZStreamRef": 44 << 10, "java.util.zip.Deflater$DeflaterZStreamRef": 268 << 10}

// others lists streams of zlib and the foreign memory API's allocations and sessions.
func others(p *analyze.Pass, s *buffers.Survey) report.Table {
	t := report.Table{Name: "other", Title: "Other native memory", Columns: []string{"class", "state", "objects", "bytes"}}
	sessions := p.Heap.Subclasses("jdk.internal.foreign.MemorySessionImpl")
	for _, k := range append(sumsOf(p, s, "java.util.zip."), sumsOf(p, s, "jdk.internal.foreign.")...) {
		n, name := s.Sums[k], p.ClassName(k.Class)
		state, bytes := "allocated", n.Bytes
		switch {
		case name == "java.util.zip.ZStreamRef" || zlibBytes[name] > 0:
			state = "ended"
			if k.State == buffers.Open {
				state, bytes = "open, about", n.Objects*zlibBytes[name]
			}
		case sessions[k.Class]:
			state = map[int64]string{0: "open", -1: "closed", 1: "cannot be closed"}[k.State]
			if state == "" {
				state = fmt.Sprintf("state %d", k.State)
			}
		}
		p.ListRow(&t, bytes, report.Name(name), report.Name(state), report.Count(n.Objects), report.Bytes(bytes))
	}
	return t
}

// sumsOf returns the keys of classes whose names begin so, the most objects first.
func sumsOf(p *analyze.Pass, s *buffers.Survey, prefix string) []buffers.SumKey {
	all := map[buffers.SumKey]buffers.Sum{}
	for k, v := range s.Sums {
		if name := p.ClassName(k.Class); len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			all[k] = v
		}
	}
	return analyze.ByCount(all, func(s buffers.Sum) int64 { return s.Objects }, func(k buffers.SumKey) string { return fmt.Sprint(p.ClassName(k.Class), k.State) })
}
