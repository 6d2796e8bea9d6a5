package threads

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of fat-stack-frame.
var (
	fatShare = &analyze.Threshold{Name: "share", Default: 0.10, Unit: "share", Doc: "a frame whose locals retain less of the strongly reachable heap is not told of"}
	fatBytes = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "nor one whose locals retain less"}
)

// FatFrame finds threads whose stacks hold much of the heap.
var FatFrame = &analyze.Rule{
	Name:  "fat-stack-frame",
	Title: "The locals of one method hold much of the heap",
	Doc: `A request that reads a whole table, a report that is built in memory, a file that is read as one array: what it needs hangs on the stack of the
thread that serves it, as a local of one method. It is no leak (it goes when the method returns), and it is what fills the heap just now.

Recognised by the locals of each frame (Java and JNI locals of the dump) and what they retain: what only this thread holds. From 10 % of the heap
and 1 MiB on it is told, a warning or an error where it is much. Of frames that hold the same object, the outermost is named: there it was made. What
main() holds is often the program itself, and is told only.

Read and write piece by piece: setFetchSize and a cursor for JDBC, pages for queries, streams for files and answers. Limit how much one
request may ask for, and how many such requests run at the same time.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{fatShare, fatBytes},
	After:      []string{"jdbc-result-set-huge", "jdbc-statement-retained", "thread-local-leak", "executor-backlog"},
	Run:        runFatFrame,
}

func runFatFrame(q *analyze.Pass) error {
	p := pass{q}
	for _, g := range p.ThreadGroups() {
		if p.isFat(p.Heap.Retained(g.Thread.Object)) {
			p.fatThread(g.Thread, g.State)
		}
	}
	return nil
}

func (p pass) isFat(bytes int64) bool {
	return bytes >= p.Count(fatBytes) && p.Share(bytes) >= p.Value(fatShare)
}

// fatFrame is what the locals of a frame retain.
type fatFrame struct {
	frame    int32
	retained int64
	objects  int64
	largest  graph.Object
}

// fattest returns the frame whose locals retain most: of several with the same object, the outermost.
func (p pass) fattest(thread graph.Object) (best fatFrame) {
	h := p.Heap
	best.largest = graph.NoObject
	cur := fatFrame{frame: -2, largest: graph.NoObject}
	last := graph.NoObject
	end := func() {
		if cur.largest != graph.NoObject && (cur.retained > best.retained || cur.largest == best.largest && 2*cur.retained > best.retained) {
			best = cur
		}
	}
	for _, l := range h.Locals(thread) { // by frame, then by object
		if l.Frame != cur.frame {
			end()
			cur, last = fatFrame{frame: l.Frame, largest: graph.NoObject}, graph.NoObject
		}
		if l.Object == last || h.Idom(l.Object) != thread {
			continue
		}
		last = l.Object
		cur.objects++
		cur.retained += h.Retained(l.Object)
		if cur.largest == graph.NoObject || h.Retained(l.Object) > h.Retained(cur.largest) {
			cur.largest = l.Object
		}
	}
	end()
	return best
}

func (p pass) fatThread(t graph.Thread, state string) {
	fat := p.fattest(t.Object)
	if fat.largest == graph.NoObject || !p.isFat(fat.retained) {
		return
	}
	h := p.Heap
	at, isMain := "a native frame", false
	if fat.frame >= 0 && int(fat.frame) < len(t.Frames) {
		f := t.Frames[fat.frame]
		at, isMain = frameText(f), f.Method == "main" && int(fat.frame) == len(t.Frames)-1
	}
	name := jdk.ThreadName(h, t.Object)
	facts := p.fatFacts(t, name, state, at, fat)
	if c := p.Claimed(fat.largest); c != nil {
		p.Join(c.Finding, fmt.Sprintf("A local of %s in thread %q holds it.", at, name), facts...)
		return
	}
	f := report.Finding{
		Severity: p.Severity(fat.retained, p.Share(fat.retained)), Confidence: report.Likely, Retained: fat.retained, Objects: fat.objects, Facts: facts,
		Title: fmt.Sprintf("Thread %q holds %s in locals of %s, most of it by a %s%s", name, p.Of(fat.retained), at, h.ClassName(fat.largest), p.elementsText(fat.largest)),
		Story: []string{fmt.Sprintf("It goes when the method returns. The thread is %s at %s.", state, signature.Name(analyze.AppFrame(t.Frames)))},
		Fix: []string{
			fmt.Sprintf("Let %s work piece by piece: pages or a cursor instead of all rows, a stream instead of one array.", at),
			"Limit how much one request may ask for, and how many such requests run at the same time.",
		},
		Falsifier: "The method is meant to hold that for as long as the program runs.",
	}
	if isMain {
		f.Severity, f.Confidence = report.Info, report.Possible
	}
	path := []graph.Step{{Object: t.Object, Roots: h.RootsOf(t.Object)}}
	if len(path[0].Roots) == 0 {
		path = p.Holding(t.Object, nil)
	}
	path = p.Extend(path, fat.largest)
	p.Sign(&f, path, method(at), h.ClassName(fat.largest))
	f.Path = p.Steps(path)
	f.Accumulation = p.Accumulation(p.spreading(fat.largest))
	f.Tables = append(f.Tables, p.frameTable(t))
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(fat.largest), Class: h.ClassName(fat.largest), Note: "the largest local", Retained: h.Retained(fat.largest)})
	f.Evidence.Omitted = fat.objects - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: fat.largest, Members: analyze.ObjectSet{fat.largest}})
}

// maxSpreading bounds the way down from a local.
const maxSpreading = 16

// spreading leads from a local down to where it spreads: from a list to its array.
func (p pass) spreading(o graph.Object) graph.Object {
	for range maxSpreading {
		if p.Heap.NumDominated(o) != 1 {
			break
		}
		o = p.Heap.Dominated(o, nil)[0]
	}
	return o
}

func (p pass) elementsText(o graph.Object) string {
	if n, ok := jdk.NewReader(p.Heap).Size(o); ok {
		return " of " + analyze.Plural(n, "element")
	}
	return ""
}

func (p pass) fatFacts(t graph.Thread, name, state, at string, fat fatFrame) report.Rows[report.Fact] {
	h := p.Heap
	facts := report.Rows[report.Fact]{
		analyze.Fact("thread", report.Name(name)), analyze.Fact("state", report.Name(state)), analyze.Fact("frame", report.Name(at)),
		analyze.Fact("retained by the thread", report.Bytes(h.Retained(t.Object))), analyze.Fact("retained by the frame's locals", report.Bytes(fat.retained)),
		analyze.Fact("the largest local", report.Name(h.ClassName(fat.largest))),
	}
	if n, ok := jdk.NewReader(h).Size(fat.largest); ok {
		facts = append(facts, analyze.Fact("its elements", report.Count(n)))
	}
	return facts
}

// frameTable shows the stack with what the locals of each frame retain.
func (p pass) frameTable(t graph.Thread) report.Table {
	tab := report.Table{Title: "The stack, and what the locals of each frame retain", Columns: []string{"frame", "retained", "largest local"}}
	for _, f := range p.Frames(t) {
		where := f.Source
		if f.Line > 0 {
			where = fmt.Sprintf("%s:%d", f.Source, f.Line)
		}
		largest := report.Value{}
		if len(f.Locals.Rows) > 0 && f.Locals.Rows[0].Retained > 0 {
			largest = report.Name(signature.Name(f.Locals.Rows[0].Class))
		}
		analyze.AddRow(&tab, report.Name(signature.Name(f.Class)+"."+f.Method+"("+where+")"), report.Bytes(f.LocalsRetained), largest)
	}
	return tab
}
