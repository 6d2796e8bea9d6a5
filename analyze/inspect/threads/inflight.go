package threads

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/rules/jdbc"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// inFlight lists the JDBC statements on the stacks of threads: what the database is asked for just now.
func (s *subject) inFlight() report.Table {
	t := report.Table{Name: "in-flight", Title: "SQL in flight: statements on the stacks of threads", Columns: []string{"thread", "threads", "state", "in", "statement", "SQL"}}
	sql := jdbc.NewSQL(s.Heap)
	for _, g := range s.largest() {
		for _, l := range statementsOf(s.Heap, sql, g.Thread.Object) {
			if s.full(&t) {
				t.Omitted++
				continue
			}
			text := report.Value{}
			if q := sql.Text(l.Object); q != "" {
				text = report.Content(s.Policy.SQL(q))
			}
			s.add(&t, 0, report.Name(s.ThreadName(g.Thread.Object)), report.Count(g.Count), report.Name(stateText(map[string]int64{g.State: 0})),
				report.Name(signature.Name(callerOf(g.Thread.Frames, l.Frame))), report.Name(s.Heap.ClassName(l.Object)), text)
		}
	}
	return t
}

// statementsOf returns the statements among the locals of a thread, each with the outermost frame that has it: that of the application.
func statementsOf(h *graph.Heap, sql *jdbc.SQL, thread graph.Object) []graph.Local {
	var out []graph.Local
	at := map[graph.Object]int{}
	for _, l := range h.Locals(thread) { // the innermost frame first
		if !sql.IsStatement(h.ClassOf(l.Object)) {
			continue
		}
		i, ok := at[l.Object]
		if !ok {
			at[l.Object] = len(out)
			out = append(out, l)
			continue
		}
		out[i].Frame = l.Frame
	}
	return out
}

// callerOf is the text of a frame; of the innermost of the application where the dump does not say which frame it is.
func callerOf(frames []graph.Frame, i int32) string {
	if i < 0 || int(i) >= len(frames) {
		return analyze.AppFrame(frames)
	}
	return jdk.FrameText(frames[i])
}
