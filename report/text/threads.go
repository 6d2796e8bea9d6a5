package text

import (
	"fmt"

	"heapcause/report"
)

const (
	// maxFrames of a thread are shown; the JSON report has more.
	maxFrames = 6
	// smallThread is what a thread must retain for its stack to be shown.
	smallThread = 64 << 10
)

func (p *printer) threads(r *report.Report) {
	if len(r.Threads.Rows) == 0 {
		return
	}
	p.heading("Threads that retain most")
	short := false
	for i := range r.Threads.Rows {
		t := &r.Threads.Rows[i]
		who := middle(clean(fmt.Sprintf("%q", t.Name)), p.width/2)
		if t.Alike > 1 {
			who = comma(t.Alike) + " like " + who
		}
		text := fmt.Sprintf("%9s  %s", bytes(t.AlikeRetained), who)
		for _, note := range []string{t.State, flag(t.Daemon, "daemon"), flag(t.Virtual, "virtual")} {
			if note != "" {
				text += "  " + clean(note)
			}
		}
		p.line("  %s", middle(text, p.width-2))
		if t.AlikeRetained >= smallThread {
			p.frames(ownFrames(t))
		} else if len(t.Frames.Rows) > 0 {
			short = true
		}
	}
	p.more("  ", r.Threads.Omitted, r.Threads.OmittedBytes)
	if short {
		p.wrapped("  ", fmt.Sprintf("Stacks of threads that retain less than %s are in the JSON report.", bytes(smallThread)))
	}
}

// ownFrames returns the frames of a thread, without those by which a virtual thread leaves its carrier: all have them on top.
func ownFrames(t *report.ThreadRow) *report.List[report.Frame] {
	frames := t.Frames
	for t.Virtual && len(frames.Rows) > 1 && (frames.Rows[0].Class == "jdk.internal.vm.Continuation" || frames.Rows[0].Class == "java.lang.VirtualThread") {
		frames.Rows = frames.Rows[1:]
	}
	return &frames
}

func flag(set bool, word string) string {
	if set {
		return word
	}
	return ""
}

func (p *printer) frames(frames *report.List[report.Frame]) {
	for i := range frames.Rows {
		if i == maxFrames {
			break
		}
		f := &frames.Rows[i]
		held := ""
		if f.LocalsRetained > 0 {
			held = "  locals " + bytes(f.LocalsRetained)
			if len(f.Locals.Rows) > 0 {
				largest := ", " + clean(f.Locals.Rows[0].Class)
				if width(frame(f))+width(held)+width(largest)+16 <= p.width {
					held += largest
				}
			}
		}
		p.line("             at %s%s", middle(clean(frame(f)), p.width-16-width(held)), held)
	}
	if n := frames.Total() - int64(min(len(frames.Rows), maxFrames)); n > 0 {
		p.line("             … %s more frames", comma(n))
	}
}

// frame names a frame as Java's stack traces do.
func frame(f *report.Frame) string {
	at := f.Source
	switch {
	case f.Line < 0:
		at = "native"
	case f.Line > 0:
		at = fmt.Sprintf("%s:%d", f.Source, f.Line)
	case at == "":
		at = "unknown source"
	}
	return fmt.Sprintf("%s.%s(%s)", f.Class, f.Method, at)
}
