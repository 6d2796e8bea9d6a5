package finalizers_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// finalizables makes n objects of a class with finalize(), with their Finalizers.
func finalizables(d *hproftest.Dump, c *hproftest.Class, n int) (objects, finalizers []*hproftest.Object) {
	for range n {
		o := d.Instance(c)
		objects = append(objects, o)
		finalizers = append(finalizers, d.Finalizer(o))
	}
	return objects, finalizers
}

func TestFinalizerBacklog(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := hproftest.New(idSize)
			res := d.Class("com.acme.Resource", hproftest.Fields("byte[] buffer"))
			objects, finalizers := finalizables(d, res, 300)
			for i, o := range objects {
				o.Set("buffer", d.ByteArray(make([]byte, 1000)...))
				if i < 200 {
					d.Enqueue(finalizers[i], d.FinalizerQueue())
				}
			}
			for _, f := range finalizers[200:250] { // pending: found by the collector, not yet in the queue
				f.Set("java.lang.ref.Reference::next", f)
			}
			running := d.Instance(d.Class("com.acme.Slow"))
			taken := d.Instance(d.JDK("java.lang.ref.Finalizer"), hproftest.With("java.lang.ref.Reference::referent", running))
			taken.Set("java.lang.ref.Finalizer::next", taken).Set("java.lang.ref.Reference::next", taken)
			thread := d.NameThread(d.Instance(d.JDK("java.lang.ref.Finalizer$FinalizerThread")), "Finalizer")
			d.AsThread(thread, "com.acme.Slow.finalize(Slow.java:7)", "java.lang.ref.Finalizer$FinalizerThread.run(Finalizer.java:173)").Local(1, taken)

			r := analyzetest.Analyzed(t, d, "finalizer-backlog")
			f := analyzetest.Only(t, r, "finalizer-backlog", report.Warning)
			analyzetest.WantTitle(t, f, "250 objects wait", `thread "Finalizer" is inside com.acme.Slow.finalize`)
			analyzetest.WantCount(t, f, "queued finalizers", 200)
			analyzetest.WantCount(t, f, "ReferenceQueue.queueLength", 200)
			analyzetest.WantCount(t, f, "pending, not yet queued", 50)
			analyzetest.WantCount(t, f, "registered finalizers", 300)
			if e := f.Evidence.Rows; e[0].Class != "com.acme.Slow" || e[1].Address != report.Address(objects[199].ID) {
				t.Errorf("evidence %+v", e)
			}
			if got := analyzetest.Labels(f); got != "sticky class > java.lang.ref.Finalizer.queue > java.lang.ref.ReferenceQueue::head > java.lang.ref.Reference::referent" {
				t.Errorf("path %s", got)
			}
		})
	}
}

func TestRegisteredIsNoBacklog(t *testing.T) {
	d := hproftest.New(8)
	res := d.Class("com.acme.Resource")
	objects, _ := finalizables(d, res, 1200)
	held := make([]any, 1000)
	for i := range held {
		held[i] = objects[i]
	}
	d.Class("com.acme.Pool", hproftest.Static("Object[] all", d.Array("com.acme.Resource", held...)), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "finalizer-backlog,finalizer-registered")
	f := analyzetest.Only(t, r, "finalizer-registered", report.Info)
	analyzetest.WantTitle(t, f, "1,200 objects registered", "0 queued", "not behind")
	row := analyzetest.Table(t, f, "Registered objects by class, and who else holds them").Rows[0]
	if row[0].Text().String() != "com.acme.Resource" || row[1].Int() != 1200 || row[2].Int() != 200 || row[3].Text().String() != "com.acme.Resource[]" || row[4].Int() != 1000 {
		t.Errorf("row %v", row)
	}
}

// TestFinalizerListsEnd has a queue that bites its own tail and an unfinalized list that leads to what is missing.
func TestFinalizerListsEnd(t *testing.T) {
	d := hproftest.New(8)
	_, fs := finalizables(d, d.Class("com.acme.Resource"), 150)
	for _, f := range fs {
		d.Enqueue(f, d.FinalizerQueue())
	}
	fs[0].Set("java.lang.ref.Reference::next", fs[100])
	fs[80].Set("java.lang.ref.Finalizer::next", hproftest.ID(0x1234))
	r := analyzetest.Analyzed(t, d, "finalizer-backlog,finalizer-registered")
	if len(r.Notes) == 0 {
		t.Errorf("no word about the broken queue; findings %+v", r.Findings)
	}
}

func TestUnknownFinalizer(t *testing.T) {
	d := hproftest.New(8, hproftest.Bare())
	object := d.Class("java.lang.Object", hproftest.Super(nil), hproftest.Sticky())
	ref := d.Class("java.lang.ref.Reference", hproftest.Super(object), hproftest.Fields("Object referent", "Object queue"))
	fin := d.Class("java.lang.ref.Finalizer", hproftest.Super(ref), hproftest.Fields("Object next"), hproftest.Sticky())
	for range 2000 {
		d.Root(hprof.RootJNIGlobal, d.Instance(fin))
	}
	r := analyzetest.Analyzed(t, d, "finalizer-backlog")
	const want = "unknown version of java.lang.ref.Reference: it has no field next"
	if len(r.Findings) != 0 || r.Rules[0].Skipped != want || len(r.Notes) != 1 {
		t.Errorf("skipped %q, notes %q, findings %v", r.Rules[0].Skipped, r.Notes, r.Findings)
	}
}

// TestLongLists has lists of a million links.
func TestLongLists(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a million objects")
	}
	const n = 1_000_000
	d := hproftest.New(8)
	c := d.JDK("java.lang.ref.Finalizer")
	d.FinalizerQueue()
	res := d.Class("com.acme.Resource")
	var last *hproftest.Object
	for range n {
		f := d.Instance(c, hproftest.With("java.lang.ref.Reference::referent", d.Instance(res)))
		f.Set("java.lang.ref.Reference::next", f)
		if last != nil {
			f.Set("java.lang.ref.Finalizer::next", last).Set("java.lang.ref.Reference::next", last)
			last.Set("java.lang.ref.Finalizer::prev", f)
		}
		last = f
	}
	d.FinalizerQueue().Set("head", last).Set("queueLength", n)
	c.SetStatic("unfinalized", last)
	r := analyzetest.Analyzed(t, d, "all")
	f := analyzetest.Only(t, r, "finalizer-backlog", report.Warning)
	analyzetest.WantCount(t, f, "queued finalizers", n)
	analyzetest.WantCount(t, f, "finalizers registered", n)
	analyzetest.WantRelated(t, f, "finalizer-registered", "leak-suspect")
}
