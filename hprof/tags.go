package hprof

// Tags of top-level records, named as in heapDumper.cpp.
const (
	TagUTF8            = 0x01
	TagLoadClass       = 0x02
	TagUnloadClass     = 0x03
	TagFrame           = 0x04
	TagTrace           = 0x05
	TagHeapDump        = 0x0C
	TagHeapDumpSegment = 0x1C
	TagHeapDumpEnd     = 0x2C
)

// Tag of a heap dump sub-record.
type Tag uint8

// Sub-record tags, named as in heapDumper.cpp and ART's hprof.cc.
const (
	RootUnknown      Tag = 0xFF
	RootJNIGlobal    Tag = 0x01
	RootJNILocal     Tag = 0x02
	RootJavaFrame    Tag = 0x03
	RootNativeStack  Tag = 0x04
	RootStickyClass  Tag = 0x05
	RootThreadBlock  Tag = 0x06
	RootMonitorUsed  Tag = 0x07
	RootThreadObject Tag = 0x08

	ClassDump      Tag = 0x20
	InstanceDump   Tag = 0x21
	ObjectArray    Tag = 0x22
	PrimitiveArray Tag = 0x23

	RootInternedString   Tag = 0x89
	RootFinalizing       Tag = 0x8A
	RootDebugger         Tag = 0x8B
	RootReferenceCleanup Tag = 0x8C
	RootVMInternal       Tag = 0x8D
	RootJNIMonitor       Tag = 0x8E
	RootUnreachable      Tag = 0x90
	PrimitiveNoData      Tag = 0xC3
	HeapDumpInfo         Tag = 0xFE
)

// IsRoot reports whether t is one of the GC root sub-records.
func (t Tag) IsRoot() bool { return rootName[t] != "" }

// String returns the tag's name in the words of the format description.
func (t Tag) String() string {
	if s := rootName[t]; s != "" {
		return s
	}
	switch t {
	case ClassDump:
		return "class dump"
	case InstanceDump:
		return "instance dump"
	case ObjectArray:
		return "object array dump"
	case PrimitiveArray, PrimitiveNoData:
		return "primitive array dump"
	case HeapDumpInfo:
		return "heap dump info"
	}
	return "unknown sub-record"
}

var rootName = [256]string{
	RootUnknown: "unknown", RootJNIGlobal: "JNI global", RootJNILocal: "JNI local", RootJavaFrame: "Java frame",
	RootNativeStack: "native stack", RootStickyClass: "sticky class", RootThreadBlock: "thread block",
	RootMonitorUsed: "monitor", RootThreadObject: "thread", RootInternedString: "interned string",
	RootFinalizing: "finalizing", RootDebugger: "debugger", RootReferenceCleanup: "reference cleanup",
	RootVMInternal: "VM internal", RootJNIMonitor: "JNI monitor", RootUnreachable: "unreachable",
}

// Type is a basic type of the format (JVM's BasicType numbers).
type Type uint8

// The basic types. Object stands for any reference.
const (
	Object  Type = 2
	Boolean Type = 4
	Char    Type = 5
	Float   Type = 6
	Double  Type = 7
	Byte    Type = 8
	Short   Type = 9
	Int     Type = 10
	Long    Type = 11
)

var typeSize = [16]uint8{Boolean: 1, Char: 2, Float: 4, Double: 8, Byte: 1, Short: 2, Int: 4, Long: 8}

var typeName = [16]string{Object: "object", Boolean: "boolean", Char: "char", Float: "float", Double: "double", Byte: "byte", Short: "short", Int: "int", Long: "long"}

// Size returns the bytes a value takes in the dump, and 0 for a type that does not exist.
func (t Type) Size(idSize int) int {
	if t == Object {
		return idSize
	}
	if t > Long {
		return 0
	}
	return int(typeSize[t])
}

// String returns the Java name of the type.
func (t Type) String() string {
	if t <= Long && typeName[t] != "" {
		return typeName[t]
	}
	return "invalid type"
}
