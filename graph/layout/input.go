package layout

// Kind is the type of a field or array element, numbered as HPROF numbers its
// basic types.
type Kind uint8

// The basic types of HPROF. Any other value is laid out as a reference.
const (
	Object  Kind = 2
	Boolean Kind = 4
	Char    Kind = 5
	Float   Kind = 6
	Double  Kind = 7
	Byte    Kind = 8
	Short   Kind = 9
	Int     Kind = 10
	Long    Kind = 11
)

// bytes returns the width of a field of kind k where a reference takes ref bytes.
func (k Kind) bytes(ref int64) int64 {
	switch k {
	case Boolean, Byte:
		return 1
	case Char, Short:
		return 2
	case Float, Int:
		return 4
	case Double, Long:
		return 8
	default:
		return ref
	}
}

// primitive reports whether k is a primitive type.
func (k Kind) primitive() bool {
	return k >= Boolean && k <= Long
}

// Field is a declared field, static or not.
type Field struct {
	Name string
	Type Kind
}

// Class is a class of the dump, with the fields it declares itself.
type Class struct {
	// Name is the binary name with dots, as in java.util.HashMap$Node.
	Name string
	// Super is the superclass's index in Input.Classes, or -1.
	Super int32
	// Fields are the instance fields, Statics the static ones, both in any
	// order. HPROF's static pseudo-fields such as <init_lock> may be among them.
	Fields, Statics []Field
	// IsArray marks the class of an array type; it has no instance layout.
	IsArray bool
}

// Input is what the packing rules need to know of a dump.
type Input struct {
	// IDSize is the width of the dump's identifiers, 4 or 8 bytes.
	IDSize  int
	Classes []Class
	// JavaVersion is java.version as the dump has it, the static
	// VersionProps.java_version (JDK 9+) or sun.misc.Version.java_version,
	// for example 17.0.2 or 1.8.0_292. Empty when unknown.
	JavaVersion string
	// AddressSpan is the highest object address minus the lowest; 0 when
	// unknown. Only an estimate uses it: above 32 GiB there are no compressed
	// references at the default alignment.
	AddressSpan uint64
}
