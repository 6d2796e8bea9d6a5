package content

import (
	"heapcause/graph"
)

// Amount counts objects and their shallow bytes.
type Amount struct{ Objects, Bytes int64 }

func (a *Amount) add(bytes int64) {
	a.Objects++
	a.Bytes += bytes
}

func (a *Amount) merge(b Amount) {
	a.Objects += b.Objects
	a.Bytes += b.Bytes
}

// Encoding is how a string's characters are stored.
type Encoding int

// The encodings of strings.
const (
	Latin1 Encoding = iota // byte[], one byte a character
	UTF16                  // byte[], two bytes a character
	Chars                  // char[], JDK 8 and before
	NumEncodings
)

// Found is what the scan tells. It is nil when the dump has no strings, arrays or boxes.
type Found struct {
	Err error // of the temporary file: nothing else is told

	Strings Strings
	Arrays  Arrays
	Boxes   []Box // kinds that the dump has

	heap        *graph.Heap
	sets        *ownedSets
	stringClass graph.Class
}

// Strings is what there is to say of java.lang.String.
type Strings struct {
	Reachable Amount               // the String objects alone
	Garbage   int64                // strings that nothing reaches
	Hollow    int64                // without an array that the dump has
	Empty     int64                // of length 0
	Partial   int64                // that show part of their array, as JDK 6's substrings do
	Seen      [NumEncodings]Amount // strings and their arrays, an array once for each string
	Arrays    [NumEncodings]Amount // distinct arrays
	Shared    Amount               // distinct arrays behind more than one string
	SharedBy  int64                // strings over these
	Lengths   [33]Lengths          // [n]: lengths of n bits, 2^(n-1) to 2^n - 1
	Longest   []Sized              // arrays of the longest strings; Size is the number of UTF-16 units
	Duplicates
}

// Lengths counts strings of similar lengths, and the arrays behind them.
type Lengths struct {
	Strings int64
	Arrays  Amount
}

// Sized is an object with the size it is listed by.
type Sized struct {
	Object graph.Object
	Size   int64
}

// Arrays is what there is to say of arrays, without those of strings where contents are compared.
type Arrays struct {
	Primitive, Refs Amount
	Garbage         int64 // arrays that nothing reaches
	Zero            map[graph.Class]int64
	Humongous       [NumHumongous]Amount // [i]: arrays of HumongousFrom << i bytes and more
	Largest         []Sized
	Distinct        map[graph.Object]int64 // elements of long arrays of references; above MaxDistinct they are not all counted
	Classes         map[graph.Class]*RefArrays
	Constant        Amount // primitive arrays whose elements all are equal, and the largest groups of them
	ConstantGroups  []Group
	ConstantOmitted int64
	Equal           map[RefKey]Amount // arrays of references whose elements all are equal
	Duplicates
	ByLength map[LengthKey]*LengthRow // of duplicates
}

// HumongousFrom is half of the smallest region of G1: an array of half a region or more gets regions of its own.
const (
	HumongousFrom = 512 << 10
	NumHumongous  = 6
	MaxDistinct   = 1 << 16
)

// RefArrays counts arrays of references of one class.
type RefArrays struct {
	Amount
	Elements, Nulls int64
	Sparse          Amount // of SparseElements and more of which three quarters are null
	SparseNulls     int64
}

// Bounds of what is called sparse and constant.
const (
	SparseElements   = 16
	ConstantElements = 8
)

// RefKey groups arrays of references whose elements all are equal.
type RefKey struct {
	Class  graph.Class
	Length int64
	Null   bool
}

// LengthKey groups arrays by class and length.
type LengthKey struct {
	Class  graph.Class
	Length int64
}

// LengthRow counts the duplicates among arrays of one class and length.
type LengthRow struct {
	Arrays, Contents, Waste int64
}

// Duplicates says what is there more than once.
type Duplicates struct {
	Contents int64 // distinct ones, those that are there once included
	Groups   int64 // contents that are there more than once
	Surplus  int64 // arrays beyond the first of each group
	Waste    int64 // bytes of these, and of the strings over them
	Top      []Group
	Sample   []graph.Object // surplus arrays, evenly over Waste
}

// Group is one content that is there more than once.
type Group struct {
	Array   graph.Object // the first in address order
	Arrays  int64
	Waste   int64 // for constant arrays: all their bytes
	Members []graph.Object
	key     uint64
}

// Box counts the boxes of one class.
type Box struct {
	Class    graph.Class
	Boxes    Amount
	Garbage  int64
	Distinct int64
	Cached   int64 // with values that valueOf has one box of; -1 where there is no cache
}

// Waste is what boxes beyond the first of each value take.
func (b *Box) Waste() int64 {
	if b.Boxes.Objects == 0 {
		return 0
	}
	return b.Boxes.Bytes / b.Boxes.Objects * (b.Boxes.Objects - b.Distinct)
}
