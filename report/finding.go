package report

// Finding is one cause of memory use: what is retained, by which path, by
// which known pattern, and what to change.
type Finding struct {
	// Rule is the name of the rule that leads the finding, Doc the name of its
	// page in the documentation.
	Rule         string     `json:"rule"`
	Doc          string     `json:"doc"`
	Severity     Severity   `json:"severity"`
	Confidence   Confidence `json:"confidence"`
	Experimental bool       `json:"experimental,omitempty"`
	// Title is the headline: one sentence with the numbers that matter, names
	// but no contents of the dump.
	Title string `json:"title"`
	// Retained is what would be freed if the objects of the finding went, bytes.
	Retained int64 `json:"retained"`
	// RetainedShare is Retained as a fraction of the strongly reachable bytes;
	// 0 where that makes no sense.
	RetainedShare float64 `json:"retainedShare"`
	// Objects is the number of objects the finding is about.
	Objects int64 `json:"objects"`
	// Story explains in sentences how the objects are held.
	Story Rows[string] `json:"story"`
	// Facts are the figures behind the headline, in the order to be read.
	Facts Rows[Fact] `json:"facts"`
	// Tables break the objects down.
	Tables Rows[Table] `json:"tables"`
	// Evidence are single objects to look at, decoded.
	Evidence List[Evidence] `json:"evidence"`
	// Path leads from a GC root to the accumulation point or to one of the
	// objects; it has no steps when there is none.
	Path Rows[Step] `json:"path"`
	// Accumulation is where the objects pile up, nil when there is no such point.
	Accumulation *Accumulation `json:"accumulation,omitempty"`
	// Related are facts that other rules add to this story.
	Related Rows[Related] `json:"related"`
	// Fix is what to do, one advice a line, the most useful first.
	Fix Rows[string] `json:"fix"`
	// Falsifier is what would prove this finding wrong.
	Falsifier string `json:"falsifier"`
	// Anchor is what the signature is anchored at, readable: "static
	// org.example.Cache.map", "thread Timer-#".
	Anchor string `json:"anchor"`
	// Signature identifies the leak across dumps: lower-case hexadecimal.
	Signature string `json:"signature"`
}

// Fact is one labelled figure.
type Fact struct {
	Label string `json:"label"`
	Value Value  `json:"value"`
}

// Table is a small table of evidence; every row has as many cells as Columns.
type Table struct {
	// Name is lower case words with dashes, stable across versions, "" for the tables of findings.
	Name    string            `json:"name,omitempty"`
	Title   string            `json:"title"`
	Columns Rows[string]      `json:"columns"`
	Rows    Rows[Rows[Value]] `json:"rows"`
	// Omitted is the number of rows left out, OmittedBytes the sum of their
	// sizes where that makes sense.
	Omitted      int64 `json:"omitted"`
	OmittedBytes int64 `json:"omittedBytes"`
}

// Evidence is one object with the fields that matter, decoded.
type Evidence struct {
	Address  Address    `json:"address"`
	Class    string     `json:"class"`
	Note     string     `json:"note,omitempty"`
	Retained int64      `json:"retained"`
	Fields   Rows[Fact] `json:"fields"`
}

// StepKind says what leads to a step of a path.
type StepKind string

// Kinds of steps. The first step of a path is a StepRoot.
const (
	StepRoot    StepKind = "root"    // a GC root; the label says of which kind
	StepField   StepKind = "field"   // Class::field
	StepStatic  StepKind = "static"  // a static field of a class
	StepElement StepKind = "element" // [index] of an array
	StepLocal   StepKind = "local"   // a local of a thread; the label is the frame
	StepOther   StepKind = "other"   // class, loader, signers, referent, …
)

// Step is one object on a path and the edge that leads to it.
type Step struct {
	Kind StepKind `json:"kind"`
	// Label is the edge from the step before: "java.util.Timer::queue",
	// "org.postgresql.Driver.cancelTimer", "[3]", a frame, or for a root its kind.
	Label    string  `json:"label"`
	Address  Address `json:"address"`
	Class    string  `json:"class"`
	Retained int64   `json:"retained"`
	// Note is a decoded name such as a thread's, "" if there is none.
	Note string `json:"note,omitempty"`
	// Repeat is the number of equal steps that were collapsed into this one,
	// itself included; 0 and 1 mean that nothing was.
	Repeat int64 `json:"repeat,omitempty"`
}

// Accumulation is the object below which a retained size spreads over many
// children of about equal size.
type Accumulation struct {
	Address  Address `json:"address"`
	Class    string  `json:"class"`
	Retained int64   `json:"retained"`
	// Children is the number of objects it dominates directly, of which
	// ChildObjects are of ChildClass and retain ChildBytes.
	Children     int64  `json:"children"`
	ChildClass   string `json:"childClass,omitempty"`
	ChildObjects int64  `json:"childObjects"`
	ChildBytes   int64  `json:"childBytes"`
}

// Related is what another rule knows about the same objects.
type Related struct {
	Rule  string     `json:"rule"`
	Text  string     `json:"text"`
	Facts Rows[Fact] `json:"facts"`
}
