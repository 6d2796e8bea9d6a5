package threads

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of virtual-thread-pileup.
var (
	pileWaiting = &analyze.Threshold{Name: "threads", Default: 1000, Unit: "threads", Doc: "virtual threads of one stack that wait for one object"}
	pileMany    = &analyze.Threshold{Name: "many", Default: 50_000, Unit: "threads", Doc: "virtual threads of one stack that wait, for whatever it is; so many are a warning, however little they retain"}
	pilePinned  = &analyze.Threshold{Name: "pinned", Default: 4, Unit: "threads", Doc: "pinned virtual threads that are a warning"}
)

// Pileup finds virtual threads that pile up before something that is scarce.
var Pileup = &analyze.Rule{
	Name:  "virtual-thread-pileup",
	Title: "Virtual threads pile up, or are pinned to their carriers",
	Doc: `Virtual threads cost so little that nothing limits them: when the thing they all need (a connection, a permit, a lock) is scarce, they wait for it by
the thousand, each with its request and its stack in the heap. A virtual thread that waits while a native frame or a static initializer is on its
stack is pinned: it keeps its carrier thread, of which there are as many as processors, and others cannot run.

Recognised by VirtualThread.state, whose numbers the class itself names in the dump, by the stack, and by Thread.parkBlocker. Virtual threads of one
class, state and stack that all wait for one object are told from 1,000 on; those that wait for different things, or just sleep, from 50,000 on. It is
a warning where they retain much. From 4 pinned threads on (PINNED, TIMED_PINNED) it is a warning too.

Limit how many tasks are let in, before each has a thread: a semaphore or a bounded queue where they arrive, an error to the caller when it is
full. Enlarge what is scarce, or give it back sooner. Keep large caches out of thread locals. For pinned threads: no blocking in static
initializers and native callbacks; before JDK 24 also no blocking inside synchronized, use ReentrantLock there.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{pileWaiting, pileMany, pilePinned},
	Run:        runPileup,
}

func runPileup(q *analyze.Pass) error {
	p := pass{q}
	var virtual, pinned int64
	at := map[string]*analyze.ThreadGroup{} // of pinned threads: the first of each place
	places := map[string]int64{}
	for _, g := range p.ThreadGroups() {
		if !g.Virtual {
			continue
		}
		virtual += g.Count
		pinned += g.Pinned
		if g.Pinned > 0 {
			place := signature.Name(analyze.AppFrame(g.Thread.Frames))
			places[place] += g.Pinned
			if at[place] == nil {
				at[place] = g
			}
		}
		switch g.State {
		case "WAITING", "TIMED_WAITING", "BLOCKED":
			one := (g.Blocker != graph.NoObject || g.State == "BLOCKED") && g.Count >= max(p.Count(pileWaiting), 1)
			if one || g.Count >= p.Count(pileMany) {
				p.pileFinding(g)
			}
		}
	}
	p.Figure("threads.virtual", "threads", virtual)
	p.Figure("threads.pinned", "threads", pinned)
	if pinned > 0 && pinned >= p.Count(pilePinned) {
		worst := analyze.ByCount(places, analyze.Same, analyze.Same)[0]
		p.pinnedFinding(at[worst], worst, places[worst], pinned)
	}
	return nil
}

func (p pass) pileFinding(g *analyze.ThreadGroup) {
	h := p.Heap
	at := signature.Name(analyze.AppFrame(g.Thread.Frames))
	f := report.Finding{
		Severity: p.Severity(g.Retained, p.Share(g.Retained)), Confidence: report.Certain, Retained: g.Retained, Objects: g.Count,
		Facts: report.Rows[report.Fact]{
			analyze.Fact("virtual threads", report.Count(g.Count)), analyze.Fact("state", report.Name(g.State)), analyze.Fact("at", report.Name(at)),
			analyze.Fact("retained by the threads", report.Bytes(g.Retained)), analyze.Fact("bytes per thread", report.Bytes(g.Retained/g.Count)),
		},
		Story: []string{"Nothing limits how many virtual threads there are: each keeps its request and its stack in the heap while it waits."},
		Fix: []string{
			"Limit how many tasks are let in before each has a thread: a semaphore or a bounded queue where they arrive, and an error to the caller when it is full.",
			"Give back sooner what they wait for, or have more of it; wait with a timeout.",
		},
		Falsifier: "They are meant to wait, such as one per open connection that is silent: their number is that of the connections.",
	}
	if g.Count >= p.Count(pileMany) {
		f.Severity = report.Warning
	}
	path := p.threadPath(g.Thread.Object)
	what := ""
	if g.Blocker != graph.NoObject {
		what = " for one " + h.ClassName(g.Blocker)
		held := p.Holding(g.Blocker, func(o graph.Object) bool { return jdk.IsVirtual(h, o) })
		if len(held) > 1 {
			path = held
			what += " (" + p.NearestHolder(held) + ")"
		}
		f.Facts = append(f.Facts, analyze.Fact("wait for", report.Name(h.Name(g.Blocker))))
	}
	f.Title = fmt.Sprintf("%s virtual threads are %s%s at %s; %s", analyze.Number(g.Count), g.State, what, at, p.Of(g.Retained))
	p.Sign(&f, path, g.State, method(at))
	f.Path = p.Steps(path)
	f.Tables = append(f.Tables, p.frameTable(g.Thread))
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(g.Thread.Object), Class: h.ClassName(g.Thread.Object), Note: "the one that retains most", Retained: h.Retained(g.Thread.Object)})
	f.Evidence.Omitted = g.Count - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: p.alike(g)})
}

// threadPath begins with a thread.
func (p pass) threadPath(o graph.Object) []graph.Step {
	if roots := p.Heap.RootsOf(o); len(roots) > 0 {
		return []graph.Step{{Object: o, Roots: roots}}
	}
	return p.Holding(o, nil)
}

// maxAlike bounds the threads of a group that a finding claims: those beyond are held the same way.
const maxAlike = 200_000

// alike returns the virtual threads of the group's class that have its stack.
func (p pass) alike(g *analyze.ThreadGroup) analyze.ObjectSet {
	var out []graph.Object
	for _, t := range p.Heap.Threads() {
		if len(out) < maxAlike && p.Heap.ClassOf(t.Object) == p.Heap.ClassOf(g.Thread.Object) && sameStack(t.Frames, g.Thread.Frames) {
			out = append(out, t.Object)
		}
	}
	return analyze.NewSet(out)
}

func sameStack(a, b []graph.Frame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (p pass) pinnedFinding(g *analyze.ThreadGroup, at string, here, pinned int64) {
	h := p.Heap
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: g.Retained, Objects: pinned,
		Title: fmt.Sprintf("%s are pinned to their carriers while they wait, %s of them at %s", analyze.Plural(pinned, "virtual thread"), analyze.Number(here), at),
		Facts: report.Rows[report.Fact]{analyze.Fact("pinned virtual threads", report.Count(pinned)), analyze.Fact("at", report.Name(at)), analyze.Fact("state", report.Name(g.State))},
		Story: []string{"A pinned thread keeps its carrier, of which there are as many as processors: other virtual threads cannot run meanwhile. Their requests pile up in the heap."},
		Fix: []string{
			"Do not block in static initializers or in what native code calls.",
			"Before JDK 24: do not block inside synchronized; use ReentrantLock there.",
		},
		Falsifier: "The threads go on at once: in a thread dump a few seconds later none is pinned.",
	}
	path := p.threadPath(g.Thread.Object)
	p.Sign(&f, path, "pinned", method(at))
	f.Path = p.Steps(path)
	f.Tables = append(f.Tables, p.frameTable(g.Thread))
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(g.Thread.Object), Class: h.ClassName(g.Thread.Object), Note: "one of the pinned threads", Retained: h.Retained(g.Thread.Object)})
	f.Evidence.Omitted = pinned - 1
	p.Report(f)
}
