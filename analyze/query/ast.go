package query

// Bounds of what a query's text may ask for.
const (
	maxTokens = 1 << 20
	maxDepth  = 200 // of brackets, operators and sub-selects in each other
)

// Select is a SELECT statement with what is united with it.
type Select struct {
	Pos                         int
	Distinct, Retained, Objects bool
	Items                       []Item // empty for *
	From                        From
	Joins                       []Join
	Where                       Expr
	Group                       []Expr
	Having                      Expr
	Order                       []Order
	Limit, Offset               int64 // -1, 0: none
	Unions                      []*Select
}

// Item is a column.
type Item struct {
	Expr Expr
	Name string // after AS, "" for none
	src  string // as it was typed
}

// From says what the rows are.
type From struct {
	Pos        int
	Objects    bool // the things themselves, not instances of classes
	InstanceOf bool // and of subclasses
	All        bool // every object
	Class      string
	Pattern    string // regular expression for names of classes
	IsPattern  bool
	Addrs      []uint64
	IDs        []uint64
	Sub        *Select
	Expr       Expr
	Alias      string
}

// Join adds a row for each element of a list that depends on the rows so far.
type Join struct {
	Pos   int
	Left  bool // a row without elements stays, with null
	Expr  Expr
	Alias string
	On    Expr
}

// Order is a key to sort by.
type Order struct {
	Expr Expr
	Desc bool
}

// Expr is an expression.
type Expr interface{ at() int }

type pos int

func (p pos) at() int { return int(p) }

// The expressions.
type (
	// Lit is a literal.
	Lit struct {
		pos
		Value Value
	}
	// Name is an alias, a column's name, or a field of the row.
	Name struct {
		pos
		Name string
	}
	// Env is ${name}.
	Env struct {
		pos
		Name string
	}
	// Attr is X.@Name; X is nil for the row.
	Attr struct {
		pos
		X    Expr
		Name string
	}
	// FieldOf is X.Name.
	FieldOf struct {
		pos
		X    Expr
		Name string
	}
	// Qualified is X.Path::Name: a field as a class declares it, and before that maybe fields on the way.
	Qualified struct {
		pos
		X    Expr // nil for the row
		Path []string
		Name string
	}
	// Call is a function, or with X a method.
	Call struct {
		pos
		X        Expr
		Name     string
		Star     bool // COUNT(*)
		Distinct bool
		Args     []Expr
	}
	// Index is X[I].
	Index struct {
		pos
		X, I Expr
	}
	// Slice is X[I:J], both inclusive.
	Slice struct {
		pos
		X, I, J Expr
	}
	// Unary is -X or NOT X.
	Unary struct {
		pos
		Op string
		X  Expr
	}
	// Binary is X Op Y.
	Binary struct {
		pos
		Op   string
		X, Y Expr
	}
	// Like is X [NOT] LIKE "pattern".
	Like struct {
		pos
		Not     bool
		X       Expr
		Pattern string
	}
	// In is X [NOT] IN Y, or of a list.
	In struct {
		pos
		Not  bool
		X    Expr
		Y    Expr // nil when List is meant
		List []Expr
	}
	// IsNull is X IS [NOT] NULL.
	IsNull struct {
		pos
		Not bool
		X   Expr
	}
	// TypeOf is X IMPLEMENTS Class, or X INSTANCEOF Class.
	TypeOf struct {
		pos
		Op    string
		X     Expr
		Class string
	}
	// Sub is (SELECT …).
	Sub struct {
		pos
		Select *Select
	}
)
