package timers

// What tests need besides.
const (
	TaskScheduled = taskScheduled
	TaskCancelled = taskCancelled
)
