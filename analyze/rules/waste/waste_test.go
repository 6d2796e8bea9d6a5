package waste_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// customers makes n instances with a name each, made by value.
func customers(idSize, java, n int, value func(d *hproftest.Dump, i int) any) *hproftest.Dump {
	d := hproftest.New(idSize, hproftest.Java(java))
	c := d.Class("com.acme.Customer", hproftest.Fields("String name", "int id"))
	all := make([]any, n)
	for i := range all {
		all[i] = d.Instance(c, value(d, i), i)
	}
	d.Class("com.acme.Shop", hproftest.Static("List customers", d.ArrayList(all...)), hproftest.Sticky())
	return d
}

func TestDuplicateStrings(t *testing.T) {
	const n = 20_000
	for _, idSize := range []int{4, 8} {
		for _, java := range []int{8, 17} {
			t.Run(fmt.Sprint(idSize, "/", java), func(t *testing.T) {
				d := customers(idSize, java, n, func(d *hproftest.Dump, i int) any { return d.String(fmt.Sprintf("city number %d on the river", i%10)) })
				f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "duplicate-strings"), "duplicate-strings", report.Warning)
				analyzetest.WantTitle(t, f, "19,990 strings beyond the first of 10 contents", "held by com.acme.Customer.name")
				analyzetest.WantCount(t, f, "surplus copies", n-10)
				analyzetest.WantCount(t, f, "contents with copies", 10)
				analyzetest.WantCount(t, f, "strings that share an array", 0)
				if f.Anchor != "static com.acme.Shop.customers" || !strings.HasSuffix(analyzetest.Labels(f), "com.acme.Customer::name") {
					t.Errorf("anchor %s, path %s", f.Anchor, analyzetest.Labels(f))
				}
				if !strings.Contains(f.Fix[0], "com.acme.Customer.name") {
					t.Errorf("fix %q", f.Fix[0])
				}
				for _, row := range f.Tables[1].Rows {
					if !row[0].Text().Masked() || row[2].Int() != n/10 {
						t.Errorf("row %v", row)
					}
				}
			})
		}
	}
}

// TestNoDuplicates has equal texts that are one String, or Strings over one array, and texts that differ.
func TestNoDuplicates(t *testing.T) {
	var one, array *hproftest.Object
	for name, value := range map[string]func(d *hproftest.Dump, i int) any{
		"interned": func(d *hproftest.Dump, i int) any {
			if i == 0 {
				one = d.String("a city with a long name on the river")
			}
			return one
		},
		"shared": func(d *hproftest.Dump, i int) any {
			if i == 0 {
				array = d.ByteArray([]byte("a city with a long name on the river")...)
			}
			return d.Instance(d.JDK("java.lang.String"), hproftest.With("value", array))
		},
		"distinct": func(d *hproftest.Dump, i int) any {
			return d.String(fmt.Sprintf("a city with the number %d on the river", i))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if r := analyzetest.Analyzed(t, customers(8, 17, 30_000, value), "duplicate-strings"); len(r.Findings) != 0 {
				t.Errorf("%s", r.Findings[0].Title)
			}
		})
	}
}

// TestFewDuplicates wastes less than is told of.
func TestFewDuplicates(t *testing.T) {
	d := customers(8, 17, 2000, func(d *hproftest.Dump, _ int) any { return d.String("a city with a long name on the river") })
	if r := analyzetest.Analyzed(t, d, "duplicate-strings"); len(r.Findings) != 0 {
		t.Errorf("%s", r.Findings[0].Title)
	}
}

func TestBufferSlack(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for _, used := range []int{100, 19_000} {
			t.Run(fmt.Sprint(idSize, "/", used), func(t *testing.T) {
				d := hproftest.New(idSize)
				abstract := d.Class("java.lang.AbstractStringBuilder", hproftest.Fields("int count", "byte coder", "byte[] value"))
				builder := d.Class("java.lang.StringBuilder", hproftest.Super(abstract))
				out := d.Class("java.io.ByteArrayOutputStream", hproftest.Fields("int count", "byte[] buf"))
				session := d.Class("com.acme.Session", hproftest.Fields("StringBuilder text", "Stream out"))
				var all []any
				for range 100 {
					text := d.Instance(builder, hproftest.With("count", used/2), hproftest.With("coder", 1), hproftest.With("value", d.ArrayOf("byte", 20_000)))
					all = append(all, d.Instance(session, text, d.Instance(out, used, d.ArrayOf("byte", 20_000))))
				}
				d.Class("com.acme.Web", hproftest.Static("List sessions", d.ArrayList(all...)), hproftest.Sticky())
				r := analyzetest.Analyzed(t, d, "buffer-slack")
				if used > 10_000 {
					if len(r.Findings) != 0 {
						t.Errorf("%s", r.Findings[0].Title)
					}
					return
				}
				f := analyzetest.Only(t, r, "buffer-slack", report.Warning)
				analyzetest.WantTitle(t, f, "200 buffers have room for 3.8 MiB", "com.acme.Session.")
				analyzetest.WantCount(t, f, "slack", 200*(20_000-100))
			})
		}
	}
}

// TestGiantArrays are told where they are most of a large heap.
func TestGiantArrays(t *testing.T) {
	d := hproftest.New(8)
	d.Class("com.acme.Images", hproftest.Static("byte[] a", d.ArrayOf("byte", 40<<20)), hproftest.Static("byte[] b", d.ArrayOf("byte", 30<<20)), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "buffer-slack"), "buffer-slack", report.Info)
	analyzetest.WantTitle(t, f, "2 arrays of 512 KiB or more take 70 MiB", "com.acme.Images.a")
}

// TestUnknownBuilder abstains where a class lacks the field that it is known by.
func TestUnknownBuilder(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("java.lang.AbstractStringBuilder", hproftest.Fields("int size", "byte[] data"))
	d.Class("com.acme.Web", hproftest.Static("Object o", d.Instance(c)), hproftest.Sticky())
	for _, r := range analyzetest.Analyzed(t, d, "buffer-slack").Rules {
		if !strings.Contains(r.Skipped, "unknown version of java.lang.AbstractStringBuilder") {
			t.Errorf("%s: %q", r.Name, r.Skipped)
		}
	}
}

func TestObjectOverhead(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("com.acme.Reading", hproftest.Fields("Integer level", "int[] alarms", "Object comment"))
	var all []any
	for i := range 30_000 {
		all = append(all, d.Instance(c, d.Boxed(1000+i%50), d.ArrayOf("int", 0), nil))
	}
	d.Class("com.acme.Meter", hproftest.Static("List readings", d.ArrayList(all...)), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "object-overhead"), "object-overhead", report.Info)
	analyzetest.WantCount(t, f, "boxes of a value that another one has", 16*(30_000-50))
	analyzetest.WantCount(t, f, "arrays of length 0", 16*30_000)
	analyzetest.WantCount(t, f, "fields that are null or 0 in all instances", 4*30_000)
}
