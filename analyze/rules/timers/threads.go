package timers

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// timer is a java.util.Timer.
type timer struct {
	object, queue, thread graph.Object
	cleanup               graph.Object // since JDK 9: cancel() runs it and clears its referent
}

func timerObject(t timer) graph.Object { return t.object }

// timerScan collects the timers.
var timerScan = &analyze.Scan{Name: "timers", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.Timer"
	queue, ok1 := b.Need(class, "queue")
	thread, ok2 := b.Need(class, "thread")
	if !ok1 || !ok2 {
		return nil
	}
	cleanup, _ := b.Bind(class, "cleanup")
	return &analyze.Rows[timer]{
		Wanted: b.Subclasses(class), Object: timerObject,
		Read: func(v *graph.View) timer { return timer{v.Object, v.Ref(queue), v.Ref(thread), v.Ref(cleanup)} },
	}
}}

// timerThread is the thread of a timer.
type timerThread struct {
	object, queue graph.Object
	accepts       bool // newTasksMayBeScheduled
}

func threadObject(t timerThread) graph.Object { return t.object }

// threadScan collects the threads of timers.
var threadScan = &analyze.Scan{Name: "threads of timers", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.TimerThread"
	queue, ok1 := b.Need(class, "queue")
	accepts, ok2 := b.Need(class, "newTasksMayBeScheduled")
	if !ok1 || !ok2 {
		return nil
	}
	return &analyze.Rows[timerThread]{
		Wanted: b.Subclasses(class), Object: threadObject,
		Read: func(v *graph.View) timerThread { return timerThread{v.Object, v.Ref(queue), v.Bool(accepts)} },
	}
}}
