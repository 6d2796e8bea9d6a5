package export

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"heapcause/analyze/analyzetest"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// texts returns rows of strings by their texts, read with values shown.
func texts(t *testing.T, h *graph.Heap) map[string]stringRow {
	t.Helper()
	out := map[string]stringRow{}
	for _, r := range read[stringRow](t, written(t, h, func(o *Options) { o.Analysis.ShowValues, o.Tables = true, []string{Strings} }), Strings) {
		if r.Value == nil {
			out["no text"] = r
			continue
		}
		out[*r.Value] = r
	}
	return out
}

// TestTexts has one text as each JDK stores it: one hash, whether it lies in bytes of Latin-1, UTF-16 or characters.
func TestTexts(t *testing.T) {
	all := []string{"", "plain", "naïve", "日本語", "a 𝄞 b", strings.Repeat("é", 3000) + "€", strings.Repeat("x", 100_000)}
	for _, java := range []int{6, 8, 17} {
		for _, idSize := range []int{4, 8} {
			d := hproftest.New(idSize, hproftest.Java(java))
			for _, s := range all {
				d.Root(hprof.RootJNIGlobal, d.String(s))
			}
			d.Root(hprof.RootJNIGlobal, d.Substring(d.Chars('s', 'u', 'b', 't', 'e', 'x', 't'), 3, 4))
			d.Root(hprof.RootJNIGlobal, d.Instance(d.JDK("java.lang.String")))
			got := texts(t, analyzetest.Build(t, d))
			for _, s := range append(all, map[bool]string{true: "text", false: "subtext"}[java == 6]) {
				shown := s
				if len(s) > maxValue {
					shown = s[:maxValue] + "…"
				}
				units := 0
				for _, c := range s {
					units += 1 + int(c>>16&1)
				}
				if r, ok := got[shown]; !ok || r.Hash != int64(xxhash.Sum64String(s)) || int(r.Length) != units {
					t.Errorf("Java %d, %.20q: %d of %d units, known: %v", java, s, r.Length, units, ok)
				}
			}
			if r, ok := got["no text"]; !ok || r.Hash != 0 || r.Length != 0 {
				t.Errorf("without an array: %+v", r)
			}
		}
	}
}

// TestSurrogates: halves that stand alone, or at the border of two pieces of a long array.
func TestSurrogates(t *testing.T) {
	d := hproftest.New(8, hproftest.Java(8))
	long := make([]uint16, 3<<20)
	for i := range long {
		long[i] = []uint16{0xd834, 0xdd1e}[(i+1)%2]
	}
	long[0] = 'a'
	for _, units := range [][]uint16{{0xd834}, {0xdd1e}, {0xd834, 'x'}, {0xd834, 0xd834, 0xdd1e}, long} {
		d.Root(hprof.RootJNIGlobal, d.Instance(d.JDK("java.lang.String"), hproftest.With("value", d.Chars(units...))))
	}
	h := analyzetest.Build(t, d)
	hashes := map[int64]bool{}
	for _, r := range read[stringRow](t, written(t, h, func(o *Options) { o.Tables = []string{Strings} }), Strings) {
		hashes[r.Hash] = true
	}
	for _, s := range []string{"\uFFFD", "\uFFFDx", "\uFFFD𝄞", "a" + strings.Repeat("𝄞", 3<<19-1) + "\uFFFD"} {
		if !hashes[int64(xxhash.Sum64String(s))] {
			t.Errorf("no hash of %.20q", s)
		}
	}
}

// TestOwners looks through the platform's objects, arrays and a list of a million links that all lead to one owner.
func TestOwners(t *testing.T) {
	d := hproftest.New(8)
	const links = 100_000
	url := d.Instance(d.Class("java.net.URL", hproftest.Fields("String path", "String authority", "String protocol")), d.String("/lib/acme-1.2-3.jar"), nil, d.String("file"))
	source := d.Instance(d.Class("java.security.CodeSource", hproftest.Fields("URL location")), url)
	domain := d.Instance(d.Class("java.security.ProtectionDomain", hproftest.Fields("CodeSource codesource")), source)
	cache := d.Class("com.acme.Cache", hproftest.Fields("Object list"), hproftest.Domain(domain))
	node := d.JDK("java.util.LinkedList$Node")
	var first *hproftest.Object
	for i := range links {
		s := any(nil)
		if i%1000 == 0 {
			s = d.String("in the list")
		}
		first = d.Instance(node, hproftest.With("item", s), hproftest.With("next", first))
	}
	d.Root(hprof.RootJNIGlobal, d.Instance(cache, first))
	d.Class("com.acme.Statics", hproftest.Static("Object all", d.Array("java.lang.Object", d.ArrayList(d.String("of a static")))), hproftest.Sticky())
	d.Root(hprof.RootJNIGlobal, d.String("of no one"))
	h := analyzetest.Build(t, d)
	got := texts(t, h)
	for text, owner := range map[string]string{"in the list": "com.acme.Cache", "of a static": "com.acme.Statics", "of no one": ""} {
		if r := got[text]; r.Owner != owner {
			t.Errorf("%s: owner %q, want %q", text, r.Owner, owner)
		}
	}
	n := 0
	for _, r := range read[stringRow](t, written(t, h, func(o *Options) { o.Tables = []string{Strings} }), Strings) {
		if r.Value != nil {
			t.Fatal("a value is shown")
		}
		if r.Owner == "com.acme.Cache" && r.OwnerLibrary == "acme" && r.OwnerVersion == "1.2-3" {
			n++
		}
	}
	if n != links/1000+2 { // and two of the class's own code source
		t.Errorf("%d strings of the list have their owner", n)
	}
}

// TestKinds has an edge of each kind.
func TestKinds(t *testing.T) {
	for _, references := range []graph.References{graph.DefaultReferences, graph.AllReferences} {
		d := hproftest.New(8)
		loader := d.ClassLoader("plugin")
		thing := d.Class("com.acme.Thing", hproftest.Fields("Object next"), hproftest.Loader(loader), hproftest.Static("Object one", d.String("a static")),
			hproftest.Signers(d.ArrayOf("java.lang.Object", 1)), hproftest.Domain(d.Instance(d.Class("java.security.ProtectionDomain"))),
			hproftest.Constant(hprof.Object, d.String("a constant")))
		o := d.Instance(thing, d.Array("java.lang.Object", nil, d.Instance(thing)))
		for _, r := range []*hproftest.Object{d.Weak(o), d.Soft(o), d.Phantom(o), d.Finalizer(o)} {
			d.Root(hprof.RootJNIGlobal, r)
		}
		d.Thread("worker", "com.acme.Main.run(Main.java:12)", "com.acme.Main.main(Main.java:1)").Local(1, o)
		h, err := graph.Build(t.Context(), d.Open(t), graph.Options{TempDir: t.TempDir(), References: references})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = h.Close() }()
		dir := written(t, h, nil)
		refs := read[referenceRow](t, dir, References)
		sameEdges(t, h, refs)
		kinds := strings.Join(names(refs, func(r referenceRow) string { return r.Kind }), " ")
		want := "constant defined domain element field loader local referent signers static super"
		if references == graph.AllReferences {
			want = "constant element field loader local static super"
		}
		if kinds != want {
			t.Errorf("kinds %s", kinds)
		}
		fields := strings.Join(names(refs, func(r referenceRow) string { return r.Field }), " ")
		for _, name := range []string{"com.acme.Thing::next", "com.acme.Thing::one", "java.lang.ref.Reference::referent"} {
			if !strings.Contains(fields, name) {
				t.Errorf("no %s in %s", name, fields)
			}
		}
		for _, c := range read[classRow](t, dir, Classes) {
			if c.Name == "com.acme.Thing" && (c.LoaderName != "plugin" || c.Package != "com.acme" || c.Loader == 0 || c.SuperID == 0 || c.Instances != 2) {
				t.Errorf("%+v", c)
			}
		}
		frames := read[frameRow](t, dir, Frames)
		if len(frames) != 2 || frames[1].Locals != 1 || frames[0].Line != 12 || frames[0].Source != "Main.java" || frames[1].Method != "main" {
			t.Errorf("%+v", frames)
		}
	}
}

// TestHostileNames: names of classes, fields, methods and threads that are no UTF-8, or long, or have characters of control.
func TestHostileNames(t *testing.T) {
	d := hproftest.New(8)
	bad := "com.\xff\xfe.Bad\x00\n\xc3"
	long := "com.acme." + strings.Repeat("Long", 20_000)
	k := d.Class(bad, hproftest.Fields("Object fi\xffeld"), hproftest.Static("Object st\xffatic", d.String("x")))
	o := d.Instance(k, d.Instance(d.Class(long)))
	d.Instance(d.Class("com.acme.Unnamed", hproftest.NoLoad()))
	d.Instance(d.Class("com.acme.Missing", hproftest.NoDump()))
	d.Root(hprof.RootJNIGlobal, o)
	d.Thread("thr\uFFFDead", "com.\xffacme.Main.r\xfeun(M\xfdain.java:12)").Local(0, o)
	dir := written(t, analyzetest.Build(t, d), func(o *Options) {
		o.File, o.Labels = "a\xff.hprof", map[string]string{"k\xff": "v\xfe", "b": "", "a": "1"}
	})
	var words []string
	for _, r := range read[classRow](t, dir, Classes) {
		words = append(words, r.Name, r.Package, r.LoaderName)
	}
	for _, r := range read[referenceRow](t, dir, References) {
		words = append(words, r.Field)
	}
	for _, r := range read[frameRow](t, dir, Frames) {
		words = append(words, r.Class, r.Method, r.Source)
	}
	for _, r := range read[dumpRow](t, dir, Dumps) {
		words = append(words, r.File)
		for k, v := range r.Labels {
			words = append(words, k, v)
		}
	}
	all := strings.Join(words, "|")
	if !utf8.ValidString(all) || strings.Contains(all, "\xff") {
		t.Error("a name is no UTF-8")
	}
	for _, part := range []string{"com.\uFFFD.Bad\x00\n\uFFFD|", long, "Bad\x00\n\uFFFD::fi\uFFFDeld", "::st\uFFFDatic", "r\uFFFDun", "M\uFFFDain.java", "a\uFFFD.hprof", "k\uFFFD|v\uFFFD"} {
		if !strings.Contains(all, part) {
			t.Errorf("no %.40q", part)
		}
	}
	ids := names(read[classRow](t, dir, Classes), func(r classRow) string { return strings.Repeat("-", int(r.ClassID&1)) + r.Name })
	if len(ids) == 0 {
		t.Error("no classes")
	}
}

// TestDamaged exports what is there of dumps that are cut, have bytes changed, or nothing in them.
func TestDamaged(t *testing.T) {
	d := hproftest.New(8)
	k := d.Class("com.acme.Node", hproftest.Fields("Object next", "String name"), hproftest.Sticky())
	var last *hproftest.Object
	for range 500 {
		last = d.Instance(k, last, d.String("text"))
		last = d.Instance(k, d.Array("java.lang.Object", last, last, d.Ints(1, 2, 3)), nil)
	}
	d.Root(hprof.RootJNIGlobal, last)
	whole := d.Bytes()
	n := len(whole)
	for name, b := range map[string][]byte{
		"cut in the middle": whole[:n/2], "cut at the end": whole[:n-5], "header alone": whole[:31],
		"zeros": append(append(append([]byte{}, whole[:n/2]...), make([]byte, 500)...), whole[n/2+500:]...),
		"twice": append(append([]byte{}, whole...), whole[n/2:]...),
	} {
		f, err := hprof.OpenBytes(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h := analyzetest.GraphOf(t, f, 2)
		dir := written(t, h, nil)
		objects, refs := read[objectRow](t, dir, Objects), read[referenceRow](t, dir, References)
		if len(objects) != int(h.NumObjects()) {
			t.Errorf("%s: %d objects of %d", name, len(objects), h.NumObjects())
		}
		checkEnds(t, objects, refs)
		if name != "twice" {
			sameEdges(t, h, refs)
		}
		classes := byAddress(read[classRow](t, dir, Classes), func(r classRow) int64 { return r.ClassID })
		for _, o := range objects {
			if _, ok := classes[o.ClassID]; !ok {
				t.Fatalf("%s: object %x has no class", name, o.Address)
			}
		}
		if rows := read[dumpRow](t, dir, Dumps); len(rows) != 1 || rows[0].Incomplete != (len(h.Problems()) > 0) {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

// TestTables writes the data sets that are asked for.
func TestTables(t *testing.T) {
	d := hproftest.New(8)
	h := analyzetest.Build(t, d)
	dir := written(t, h, func(o *Options) { o.Tables = []string{Strings, Dumps} })
	if got := contents(t, dir); len(got) != 2 {
		t.Errorf("%d files", len(got))
	}
}
