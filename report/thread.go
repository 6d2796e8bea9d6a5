package report

// ThreadRow is one thread, with what it keeps alive.
type ThreadRow struct {
	Address Address `json:"address"`
	Class   string  `json:"class"`
	Name    string  `json:"name"`
	// State is the Java state such as "TIMED_WAITING", "" if the dump does not tell.
	State   string `json:"state,omitempty"`
	Daemon  bool   `json:"daemon"`
	Virtual bool   `json:"virtual"`
	// Retained is what the thread object retains, its stack's locals included.
	Retained int64 `json:"retained"`
	// Alike is the number of threads that the row stands for: virtual threads of one class, state and stack are one row, which
	// shows the one that retains most. 1 for a thread of its own.
	Alike int64 `json:"alike"`
	// AlikeRetained is the sum of what all of them retain, bytes.
	AlikeRetained int64       `json:"alikeRetained"`
	Frames        List[Frame] `json:"frames"`
}

// Frame is one frame of a stack, the innermost first.
type Frame struct {
	Class  string `json:"class"`
	Method string `json:"method"`
	// Signature is the descriptor of the method, "" if unknown.
	Signature string `json:"signature,omitempty"`
	Source    string `json:"source,omitempty"`
	// Line is the source line; 0 when it is not known, -1 for a native method.
	Line int `json:"line,omitempty"`
	// Locals are the objects that only this frame's locals keep; the largest first.
	Locals List[Local] `json:"locals"`
	// LocalsRetained is what the frame's locals retain together, bytes.
	LocalsRetained int64 `json:"localsRetained"`
}

// Local is one object held by a frame.
type Local struct {
	Address  Address `json:"address"`
	Class    string  `json:"class"`
	JNI      bool    `json:"jni,omitempty"`
	Retained int64   `json:"retained"`
}
