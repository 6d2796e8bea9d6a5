package explore

import (
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// stack shows the frames of a thread with what their locals keep, or where a Throwable was made.
func (v *view) stack() {
	if t, ok := v.h.ThreadOf(v.o); ok {
		v.table(v.frames(t))
		return
	}
	if !v.r.Has(v.o, "stackTrace") && !v.r.Has(v.o, "backtrace") {
		return
	}
	trace := report.Table{Name: "stack", Title: "Made at", Columns: report.Rows[string]{"frame"}}
	for _, f := range v.r.StackTrace(v.o) {
		trace.Rows = append(trace.Rows, report.Rows[report.Value]{report.Name(f.String())})
	}
	v.table(trace)
}

// maxFrames of a stack are shown.
const maxFrames = 100

func (v *view) frames(t *graph.Thread) report.Table {
	out := report.Table{Name: "stack", Title: "Stack, with the locals of each frame", Columns: report.Rows[string]{"frame", "locals", "retained", "largest local", "address"}}
	locals := map[int32][]graph.Object{}
	for _, l := range v.h.Locals(t.Object) {
		locals[l.Frame] = append(locals[l.Frame], l.Object)
	}
	for i, f := range t.Frames {
		if i == maxFrames {
			out.Omitted = int64(len(t.Frames) - i)
			break
		}
		out.Rows = append(out.Rows, v.frameRow(jdk.FrameText(f), locals[int32(i)]))
	}
	if rest := locals[-1]; len(rest) > 0 {
		out.Rows = append(out.Rows, v.frameRow("<no frame>", rest))
	}
	return out
}

func (v *view) frameRow(frame string, locals []graph.Object) report.Rows[report.Value] {
	row := report.Rows[report.Value]{report.Name(frame), {}, {}, {}, {}}
	if len(locals) == 0 {
		return row
	}
	largest := newBest(v.h, 1)
	for _, o := range locals {
		largest.offer(o)
	}
	o := largest.of[0]
	row[1], row[2] = report.Count(int64(len(locals))), report.Bytes(v.h.RetainedOf(locals))
	row[3], row[4] = report.Name(v.h.ClassName(o)), AddressValue(v.h, o)
	if c, ok := v.h.AsClass(o); ok {
		row[3] = report.Name("class " + v.h.Class(c).Name)
	}
	return row
}
