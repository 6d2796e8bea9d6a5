package threads

import (
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// Thread is a live platform thread.
type Thread struct {
	graph.Thread
	Name     string
	State    string // as Thread.State has it
	Daemon   bool
	Priority int
	Loader   graph.Object // context class loader
	Blocker  graph.Object // Thread.parkBlocker
}

// Scans are what Platform and Locals need.
var Scans = []*analyze.Scan{ThreadScan, HolderScan, EntryScan, fastMapScan, fastLocalScan}

// Platform returns the live platform threads, by serial.
func Platform(p *analyze.Pass) []*Thread {
	return analyze.Shared(p, "platform threads", func() []*Thread {
		rows := analyze.Result[[]threadRow](p, ThreadScan)
		holders := analyze.Result[[]holderRow](p, HolderScan)
		var out []*Thread
		var names []small
		for _, g := range p.ThreadGroups() {
			if g.Virtual {
				continue
			}
			t := &Thread{Thread: g.Thread, State: g.State, Blocker: g.Blocker, Loader: graph.NoObject}
			name := ^small(0)
			if r := analyze.RowOf(rows, g.Thread.Object, rowObject); r != nil {
				name, t.Loader, t.Priority, t.Daemon = r.name, r.loader.object(), int(r.priority), r.daemon
				if f := analyze.RowOf(holders, r.holder.object(), holderObject); f != nil {
					t.Priority, t.Daemon = int(f.priority), f.daemon
				}
			}
			out, names = append(out, t), append(names, name)
		}
		readNames(p.Heap, out, names)
		return out
	})
}

// maxName bounds the names of threads.
const maxName = 500

// readNames reads them in the order of their addresses: neighbours cost little.
func readNames(h *graph.Heap, ts []*Thread, names []small) {
	order := make([]int, len(ts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(int64(names[a]) - int64(names[b])) })
	c := h.Cursor()
	for _, i := range order {
		ts[i].Name, _ = c.TextAs(graph.NameText, names[i].object(), maxName)
	}
}
