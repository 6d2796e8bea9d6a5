package live

import "time"

// CaptureOptions say what dump a JVM is to write, and where it comes to lie.
type CaptureOptions struct {
	// Path is the dump's name here. It is written under Path + ".partial" and renamed when it is whole.
	Path string
	// All takes unreachable objects too. Without it the JVM collects first.
	All bool
	// GZ is the level that the JVM packs with, 1 to 9; 0 does not pack. JDK 15 and newer can.
	GZ int
	// Via is a folder as the JVM sees it, which it writes to where it cannot write to the folder of Path; the dump is then moved.
	// "" is /tmp, unless that is a RAM disk.
	Via string
	// IgnoreSpace begins even where the dump is not going to fit.
	IgnoreSpace bool
	// Timeout is how long to wait for a sign of life.
	Timeout time.Duration
	// Progress, which may be nil, is told how much is written; Say, which may be nil, of what is to be known.
	Progress func(phase string, done, total int64)
	Say      func(format string, args ...any)
}

// Captured is a dump that a JVM has written.
type Captured struct {
	Path  string
	Bytes int64
	Took  time.Duration
}

// PartialSuffix marks a dump that is not whole.
const PartialSuffix = ".partial"
