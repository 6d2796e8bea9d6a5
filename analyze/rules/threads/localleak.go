package threads

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of thread-local-leak.
var (
	localBytes = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "thread locals of one class that retain less are not told of"}
	localShare = &analyze.Threshold{Name: "share", Default: 0.01, Unit: "share", Doc: "nor those that retain less of the strongly reachable heap"}
)

// ThreadLocalLeak finds values of thread locals that live as long as their threads.
var ThreadLocalLeak = &analyze.Rule{
	Name:  "thread-local-leak",
	Title: "Thread locals keep their values for as long as their threads live",
	Doc: `Each thread has a map of its thread locals' values (Thread.threadLocals, Thread.inheritableThreadLocals). A value stays until
remove() is called or the thread ends, and the threads of a pool never end: what one request leaves there stays, once per thread. A value
whose ThreadLocal object is gone is worse: nothing can read or remove it any more, and it stays until the map happens to be cleaned.

Recognised by ThreadLocal$ThreadLocalMap$Entry: its value, its key (Reference.referent, null where the ThreadLocal is gone: a stale
entry) and the thread that has the map. Values are put together by class and by the static field that holds the ThreadLocal. What they
retain is what would be freed if the entries went: what other objects hold too does not count. From 1 MiB and 1 % of the heap on it is
told; a warning or an error where it is much of the heap. Netty's FastThreadLocal is read the same way: the values are in
InternalThreadLocalMap.indexedVariables, at FastThreadLocal.index.

Call remove() in a finally block or a servlet filter at the end of each task. Keep small things in thread locals, and bound what
grows in them. Do not make a ThreadLocal per object: it belongs into a static final field. Values of known libraries have settings of their
own: jdk.nio.maxCachedBufferSize for the direct buffers of sun.nio.ch.Util, MDC.clear() for logging contexts.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{localBytes, localShare},
	Scans:      Scans,
	Run:        runLocals,
}

func runLocals(q *analyze.Pass) error {
	p := pass{q}
	var stale, live int64
	for _, g := range AllLocals(q) {
		if g.Stale {
			stale += int64(len(g.Entries))
		} else {
			live += int64(len(g.Entries))
		}
		if p.ClassName(g.Value) == nettyMap {
			continue // its values are in groups of their own
		}
		if g.Retained >= p.Count(localBytes) && p.Share(g.Retained) >= p.Value(localShare) {
			p.localFinding(g)
		}
	}
	p.Figure("threadlocal.live", "values", live)
	p.Figure("threadlocal.stale", "values", stale)
	return nil
}

func (p pass) localFinding(g *Locals) {
	class, threads := p.ClassName(g.Value), int64(len(g.Threads))
	if c := p.Claimed(g.Values[0]); c != nil {
		p.Join(c.Finding, fmt.Sprintf("%s are values of thread locals (%s) of %s.", class, p.keyText(g), analyze.Plural(threads, "thread")), p.localFacts(g)...)
		return
	}
	f := report.Finding{
		Severity: p.Severity(g.Retained, p.Share(g.Retained)), Confidence: report.Likely, Retained: g.Retained, Objects: int64(len(g.Entries)),
		Title: fmt.Sprintf("%s %s in thread locals of %s (%s) retain %s", analyze.Number(int64(len(g.Entries))), class,
			analyze.Plural(threads, "thread"), p.keyText(g), p.Of(g.Retained)),
		Facts:     p.localFacts(g),
		Tables:    report.Rows[report.Table]{p.localThreads(g)},
		Fix:       p.localFix(g, class),
		Falsifier: "The values are caches of a fixed size that every task of these threads uses again: they do not grow between two dumps, nor do the threads.",
	}
	f.Story = p.localStory(g, class)
	if g.Stale {
		f.Confidence = report.Certain
		f.Falsifier = "Something else refers to the values: then they are in use, and not only by the thread's map."
	}
	path := p.samplePath(g)
	f.Path = p.Steps(path)
	p.Sign(&f, path[:min(len(path), 4)], class, g.Key)
	p.localEvidence(&f, g)
	members := slices.Concat(g.Values, g.Entries)
	if p.Heap.RetainedOf(g.Threads) < 2*g.Retained { // else the threads have other stories
		members = append(members, g.Threads...)
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: analyze.NewSet(members)})
}

func (p pass) keyText(g *Locals) string {
	if g.Stale {
		return "whose ThreadLocal is gone"
	}
	return "of " + g.Key
}

func (p pass) localFacts(g *Locals) report.Rows[report.Fact] {
	facts := report.Rows[report.Fact]{
		analyze.Fact("values", report.Count(int64(len(g.Entries)))),
		analyze.Fact("threads", report.Count(int64(len(g.Threads)))),
	}
	if g.Stale {
		facts = append(facts, analyze.Fact("stale entries", report.Count(int64(len(g.Entries)))))
	} else {
		facts = append(facts, analyze.Fact("thread local", report.Name(g.Key)))
	}
	if l := p.Heap.Class(g.Value).Loader; l != graph.NoObject {
		facts = append(facts, analyze.Fact("class loader of the values", report.Name(p.Heap.ClassName(l))))
	}
	return append(facts, analyze.Fact("retained by the values", report.Bytes(g.Retained)))
}

func (p pass) localStory(g *Locals, class string) report.Rows[string] {
	if g.Stale {
		return report.Rows[string]{
			"The ThreadLocal objects of these values were collected, and nobody had called remove(). Nothing can read the values any more; the threads' maps keep them until they are cleaned by chance.",
		}
	}
	return report.Rows[string]{fmt.Sprintf("Each thread keeps a %s until remove() is called or the thread ends; the threads of a pool do not end.", class)}
}

func (p pass) localFix(g *Locals, class string) report.Rows[string] {
	fix := report.Rows[string]{}
	switch {
	case g.Stale:
		fix = append(fix, fmt.Sprintf("Keep the ThreadLocal of %s in a static final field instead of making one per object, and call its remove() when the value is done.", class))
	default:
		fix = append(fix, fmt.Sprintf("Call remove() on %s in a finally block at the end of each task, or in a filter of the server.", g.Key))
	}
	if class == "sun.nio.ch.Util$BufferCache" {
		fix = append(fix, "Bound the cached direct buffers with -Djdk.nio.maxCachedBufferSize.")
	}
	return append(fix, "Use fewer threads, or keep less in each value: a buffer that grew for one large request stays large.")
}

// localThreads says in which threads the values are, by the names without their numbers.
func (p pass) localThreads(g *Locals) report.Table {
	counts := map[string]int64{}
	r := jdk.NewReader(p.Heap)
	for _, t := range g.Threads[:min(len(g.Threads), maxSamples)] {
		name, _ := r.Name(t, maxName, "name")
		counts[signature.Thread(name)]++
	}
	t := report.Table{Title: "Threads that have the values, by name", Columns: []string{"threads named", "threads"}}
	if len(g.Threads) > maxSamples {
		t.Title = fmt.Sprintf("Threads that have the values, by name, of the first %s", analyze.Number(maxSamples))
	}
	for _, n := range analyze.ByCount(counts, analyze.Same, analyze.Same) {
		analyze.AddRow(&t, report.Name(n), report.Count(counts[n]))
	}
	return t
}

func (p pass) samplePath(g *Locals) []graph.Step {
	if g.Fast {
		return p.fastPath(g.Sample)
	}
	return p.localPath(g.Sample)
}

// localPath leads from the thread to the value of an entry.
func (p pass) localPath(entry graph.Object) []graph.Step {
	h := p.Heap
	b := newLocalsBuilder(h)
	table := b.source(entry, b.table)
	m := b.source(table, b.mapOf)
	thread := b.source(m, b.thread)
	path := []graph.Step{{Object: thread, Roots: h.RootsOf(thread)}}
	if len(path[0].Roots) == 0 { // a virtual thread that no root names
		path = p.Holding(thread, nil)
	}
	value := graph.NoObject
	rows := analyze.Result[[]entryRow](p.Pass, EntryScan)
	if r := analyze.RowOf(rows, entry, entryObject); r != nil {
		value = r.value.object()
	}
	for _, o := range []graph.Object{m, table, entry, value} {
		path = p.Extend(path, o)
	}
	return path
}

func (p pass) localEvidence(f *report.Finding, g *Locals) {
	e := report.Evidence{Address: p.Address(g.Sample), Class: p.Heap.ClassName(g.Sample), Note: "one of the entries", Retained: p.Heap.Retained(g.Sample)}
	key := report.Name(g.Key)
	if g.Stale {
		key = report.Name("null")
	}
	if g.Fast {
		f.Evidence.Rows = append(f.Evidence.Rows, e)
		f.Evidence.Rows[len(f.Evidence.Rows)-1].Note = "one of the values"
		f.Evidence.Omitted += f.Objects - 1
		return
	}
	e.Fields = report.Rows[report.Fact]{analyze.Fact("java.lang.ref.Reference::referent", key), analyze.Fact("java.lang.ThreadLocal$ThreadLocalMap$Entry::value", report.Name(p.ClassName(g.Value)))}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted += f.Objects - 1
}
