package explore_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof/hproftest"
	"heapcause/report"
	"heapcause/report/redact"
)

// hits are the addresses that Find finds.
func hits(t *testing.T, h *graph.Heap, opt explore.FindOptions) []string {
	t.Helper()
	opt.Top = -1
	s, err := explore.Find(context.Background(), h, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&report.Report{Sections: []report.Section{s}}).Validate(); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range s.Table("hits").Rows {
		out = append(out, r[3].Address().String())
	}
	slices.Sort(out)
	return out
}

// naiveStrings matches the text of each string of the dump.
func naiveStrings(h *graph.Heap, re *regexp.Regexp) []string {
	var out []string
	for _, c := range h.ClassesByName("java.lang.String") {
		for o := range h.Instances(c) {
			if s, ok := h.Text(o, 1<<20); ok && re.MatchString(s) {
				out = append(out, report.Address(h.Addr(o)).String())
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestFindStrings: strings of each JDK's shape, in Latin-1 and UTF-16, are found by their true text.
func TestFindStrings(t *testing.T) {
	for _, java := range []int{6, 8, 17} {
		for _, idSize := range []int{4, 8} {
			d := hproftest.New(idSize, hproftest.Java(java))
			for _, s := range []string{"", "select 1", "SELECT 2", "Größe", "Ω-mega", "a𝒳b", "\u0101\u0102", "ab", strings.Repeat("x", 200_000) + "needle"} {
				d.String(s)
			}
			d.Substring(d.Chars('n', 'o', 't', ' ', 'm', 'e'), 4, 2)
			d.ByteArray([]byte("select nothing, for no string has it")...)
			h := analyzetest.Build(t, d)
			for _, pattern := range []string{"^$", "(?i)^select", "ß", "Ω", "^a.b$", "𝒳", "needle$", "^me$", "^ab$", "\u0101", ".", "nothing"} {
				re := regexp.MustCompile(pattern)
				got, want := hits(t, h, explore.FindOptions{String: re}), naiveStrings(h, re)
				if !slices.Equal(got, want) {
					t.Errorf("Java %d, %d bytes: %q found %v, want %v", java, idSize, pattern, got, want)
				}
			}
		}
	}
}

// TestFindStringsReal: what is found in a real dump is what reading each string finds.
func TestFindStringsReal(t *testing.T) {
	h := analyzetest.RealHeap(t, "zoo/zoo-small.hprof")
	for _, pattern := range []string{"(?i)select", "^java\\.", "[^\\x00-\\x7f]", "\\d{3}$"} {
		re := regexp.MustCompile(pattern)
		got, want := hits(t, h, explore.FindOptions{String: re}), naiveStrings(h, re)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %d found, want %d", pattern, len(got), len(want))
		}
		t.Logf("%q: %d strings", pattern, len(got))
	}
}

// TestFindValues: conditions on fields, which names shadow, and of types of every kind.
func TestFindValues(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		base := d.Class("com.acme.Base", hproftest.Fields("int state", "String name"))
		sub := d.Class("com.acme.Sub", hproftest.Super(base), hproftest.Fields("int state", "double rate", "boolean on", "char c", "Object box", "long big", "float f"))
		a := d.Instance(base, 3, d.String("Ann"))
		b := d.Instance(sub, 1, 0.5, true, 'x', d.Boxed(42), int64(1)<<40, float32(0.1), 7, d.String("Bob"))
		c := d.Instance(sub, 3, -2.5, false, 'y', nil, -1, 2, -4, nil)
		h := analyzetest.Build(t, d)
		for _, x := range []struct {
			conditions, class string
			want              []*hproftest.Object
		}{
			{"com.acme.Base::state=3", "", []*hproftest.Object{a}},
			{"com.acme.Base::state!=3", "", []*hproftest.Object{b, c}},
			{"com.acme.Sub::state=3", "", []*hproftest.Object{c}},
			{"state=3", "com.acme.Base", []*hproftest.Object{a, c}},
			{"state=3", "com.acme.Sub", []*hproftest.Object{c}},
			{"Base::state<0", "", []*hproftest.Object{c}},
			{"rate>=0.5", "", []*hproftest.Object{b}},
			{"rate<0.25", "", []*hproftest.Object{c}},
			{"Sub::f=0.1", "", []*hproftest.Object{b}},
			{"on=true", "com.acme.Sub", []*hproftest.Object{b}},
			{"Sub::c=y", "", []*hproftest.Object{c}},
			{"Sub::c=121", "", []*hproftest.Object{c}},
			{"box=42", "Sub", []*hproftest.Object{b}},
			{"box>41", "Sub", []*hproftest.Object{b}},
			{"box=null", "Sub", []*hproftest.Object{c}},
			{"box!=null", "Sub", []*hproftest.Object{b}},
			{"Sub::big=1099511627776", "", []*hproftest.Object{b}},
			{"Base::name=Bob", "", []*hproftest.Object{b}},
			{"Base::name!=Bob", "", []*hproftest.Object{a, c}},
			{"Base::name=" + report.Address(a.Get("name")).String(), "", []*hproftest.Object{a}},
			{"Base::name<Bob", "", []*hproftest.Object{a}},
			{"Base::name!=null;Base::state>3", "", []*hproftest.Object{b}},
			{"Base::state=three", "", nil},
		} {
			opt := explore.FindOptions{Class: x.class}
			for s := range strings.SplitSeq(x.conditions, ";") {
				condition, err := explore.ParseCondition(s)
				if err != nil {
					t.Fatal(err)
				}
				opt.Conditions = append(opt.Conditions, condition)
			}
			var want []string
			for _, o := range x.want {
				want = append(want, report.Address(o.ID).String())
			}
			slices.Sort(want)
			if got := hits(t, h, opt); !slices.Equal(got, want) {
				t.Errorf("%d bytes: %s of class %q: %v, want %v", idSize, x.conditions, x.class, got, want)
			}
		}
	}
}

func TestParseCondition(t *testing.T) {
	for s, want := range map[string]explore.Condition{
		"a=1":              {Field: "a", Op: "=", Value: "1"},
		"com.acme.A::b!=x": {Class: "com.acme.A", Field: "b", Op: "!=", Value: "x"},
		"a >= 2":           {Field: "a", Op: ">=", Value: "2"},
		"a=b=c":            {Field: "a", Op: "=", Value: "b=c"},
		"a<":               {Field: "a", Op: "<"},
	} {
		if got, err := explore.ParseCondition(s); err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "a", "=1", "A::=1", "!"} {
		if got, err := explore.ParseCondition(s); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
}

// TestMasked: nothing of a string gets into an answer unless values are shown.
func TestMasked(t *testing.T) {
	const secret = "hunter2"
	d := hproftest.New(8)
	holder := d.Class("com.acme.Login", hproftest.Fields("String password", "Object list", "Object map", "char[] chars"))
	word := d.String(secret)
	o := d.Instance(holder, word, d.ArrayList(word, word), d.HashMap(word, word), d.Chars([]uint16{'h', 'u', 'n', 't', 'e', 'r', '2'}...))
	h := analyzetest.Build(t, d)
	for _, show := range []bool{false, true} {
		opt := explore.Options{Policy: redact.Policy{ShowValues: show}}
		for _, selector := range []string{fmt.Sprintf("0x%x", o.ID), "java.lang.String", "java.util.ArrayList#1", "java.util.HashMap#1", "char[]#1", "byte[]", "java.util.HashMap$Node#1"} {
			s, err := explore.Resolve(context.Background(), h, selector, opt)
			if err != nil {
				t.Fatal(err)
			}
			section, err := explore.Show(context.Background(), h, &s, explore.ShowOptions{Options: opt, Raw: true})
			if err != nil {
				t.Fatal(err)
			}
			links, err := explore.Refs(context.Background(), h, &s, explore.RefsOptions{Options: opt})
			if err != nil {
				t.Fatal(err)
			}
			found, err := explore.Find(context.Background(), h, explore.FindOptions{Options: opt, String: regexp.MustCompile("hunter")})
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("%+v %+v", section, links)
			hexed := "68 75 6e 74 65 72 32"
			if got := strings.Contains(text, secret) || strings.Contains(text, hexed); got && !show {
				t.Errorf("%s: the password shows: %s", selector, text)
			} else if show && !got && selector != "byte[]" {
				t.Errorf("%s: the password does not show: %s", selector, text)
			}
			if got := strings.Contains(fmt.Sprintf("%+v", found), secret); got != show {
				t.Errorf("find: the password shows: %v", got)
			}
		}
	}
}
