package main

import (
	stdjson "encoding/json"
	"io"
	"time"

	"heapcause/analyze/watch"
)

// watchLines writes a line of JSON per sample.
type watchLines struct {
	w   io.Writer
	pid int
	top int
}

// sampleJSON is a line.
type sampleJSON struct {
	Time     time.Time        `json:"time"`
	PID      int              `json:"pid"`
	RSS      int64            `json:"rssBytes"`
	Native   int              `json:"nativeThreads"`
	Counters *countersOut     `json:"counters"` // null when they cannot be read
	Missing  string           `json:"missing,omitempty"`
	Queued   *queuedJSON      `json:"finalization"` // null when the JVM did not tell
	Classes  *growthJSON      `json:"histogram"`    // null in samples without
	Figures  map[string]int64 `json:"figures"`
	Answers  []answerLine     `json:"answers"` // what the JVM was asked, and how long it took
	Silent   string           `json:"unanswered,omitempty"`
	SilentMS int64            `json:"unansweredMillis,omitempty"`
	Stopped  bool             `json:"stopped,omitempty"`
	Problem  string           `json:"problem,omitempty"`
}

type answerLine struct {
	Command string `json:"command"`
	MS      int64  `json:"millis"`
}

type queuedJSON struct {
	Total   int64        `json:"queued"`
	Classes []queuedLine `json:"classes"`
	Omitted int          `json:"omitted"`
}

type queuedLine struct {
	Class     string `json:"class"`
	Instances int64  `json:"instances"`
}

type growthJSON struct {
	Number     int          `json:"number"`
	Instances  int64        `json:"instances"`
	Bytes      int64        `json:"bytes"`
	Finalizers int64        `json:"finalizers"`
	Classes    []growthLine `json:"grown"`
	Omitted    int          `json:"omitted"`
}

type growthLine struct {
	Class       string `json:"class"`
	Instances   int64  `json:"instances"`
	Bytes       int64  `json:"bytes"`
	MoreObjects int64  `json:"moreInstances"`
	MoreMem     int64  `json:"moreBytes"`
	Rises       int    `json:"rises"`
}

func (l *watchLines) show(now time.Time, s *watch.Sample, figures map[string]int64) error {
	out := sampleJSON{
		Time: now.UTC().Truncate(time.Millisecond), PID: l.pid, RSS: s.RSS, Native: s.Native, Counters: countersJSON(s.Counters), Missing: s.Missing,
		Figures: figures, Silent: s.Silent, Answers: make([]answerLine, len(s.Answers)),
	}
	for i, a := range s.Answers {
		out.Answers[i] = answerLine{a.Command, a.Took.Milliseconds()}
	}
	if s.Problem != nil {
		out.Problem = s.Problem.Error()
	}
	if s.Silent != "" {
		out.SilentMS, out.Stopped = s.SilentFor.Milliseconds(), s.Stopped
	}
	if s.QueuedKnown {
		n := min(l.top, len(s.Queued))
		out.Queued = &queuedJSON{s.QueuedTotal, make([]queuedLine, n), len(s.Queued) - n}
		for i, c := range s.Queued[:n] {
			out.Queued.Classes[i] = queuedLine(c)
		}
	}
	if g := s.Growth; g != nil {
		n := min(l.top, len(g.Classes))
		out.Classes = &growthJSON{g.Number, g.Instances, g.Bytes, g.Finalizers, make([]growthLine, n), len(g.Classes) - n}
		for i, c := range g.Classes[:n] {
			out.Classes.Classes[i] = growthLine(c)
		}
	}
	e := stdjson.NewEncoder(l.w)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func (l *watchLines) end() error    { return nil }
func (l *watchLines) pause()        {}
func (l *watchLines) redraw() error { return nil }
