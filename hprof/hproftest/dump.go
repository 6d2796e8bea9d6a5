package hproftest

import (
	"fmt"
	"time"

	"heapcause/hprof"
)

// ID is an identifier: the address of an object or class.
type ID = hprof.ID

// Dump is a heap dump under construction.
type Dump struct {
	idSize  int
	version string
	time    time.Time
	java    int
	bare    bool
	loose   bool

	segment   int64
	pack      func(plain []byte) []byte
	heapFirst bool
	order     Order

	next, nextClass ID // addresses to be given
	machine         machine

	symbols []string
	symbol  map[string]ID
	classes []*Class
	byName  map[string]*Class
	objects []*Object
	roots   []root
	threads []*Thread
	frames  []frame
	heapRaw [][]byte
	topRaw  [][]byte
	arena   []byte

	finalizerQueue, lastFinalizer *Object
}

// machine has what determines object sizes.
type machine struct{ header, reference, arrayBase int64 }

// Option changes what New makes.
type Option func(*Dump)

// Version sets the format version, "1.0.2" unless told. Before it there are no segments.
func Version(v string) Option { return func(d *Dump) { d.version = v } }

// Java sets the JDK whose shapes are used: 17 (the default), 8 or 6.
func Java(feature int) Option { return func(d *Dump) { d.java = feature } }

// Bare leaves out the bootstrap classes: only what the test makes is written.
func Bare() Option { return func(d *Dump) { d.bare = true } }

// NoSticky leaves out the sticky roots, as profiling agents do.
func NoSticky() Option { return func(d *Dump) { d.loose = true } }

// Segments sets how many bytes a heap segment has at most, 1 MiB unless told; a longer record gets a segment of its own. 0 is
// one HEAP_DUMP record.
func Segments(n int64) Option { return func(d *Dump) { d.segment = n } }

// Gzip packs the dump as the gzip command does.
func Gzip() Option { return func(d *Dump) { d.pack = packGzip } }

// GzipBlocks packs the dump as HotSpot does with -gz=1: in members of at most n bytes each, the first with a comment.
func GzipBlocks(n int) Option {
	return func(d *Dump) { d.pack = func(b []byte) []byte { return packBlocks(b, n) } }
}

// Zstd packs the dump with zstd.
func Zstd() Option { return func(d *Dump) { d.pack = packZstd } }

// HeapFirst puts the heap before the symbols, classes and traces.
func HeapFirst() Option { return func(d *Dump) { d.heapFirst = true } }

// Records sets the order of the heap's records.
func Records(o Order) Option { return func(d *Dump) { d.order = o } }

// Base sets the address of the first object.
func Base(addr ID) Option { return func(d *Dump) { d.next = addr } }

// Start sets when the dump was begun.
func Start(t time.Time) Option { return func(d *Dump) { d.time = t } }

// New returns a dump with identifiers of idSize bytes. Unless Bare it has java.lang.Object, Class, String, Thread,
// ClassLoader, the family of Reference, and the arrays of primitives, with the roots that HotSpot gives them.
func New(idSize int, opts ...Option) *Dump {
	d := &Dump{
		idSize: idSize, version: "1.0.2", java: 17, segment: 1 << 20,
		time:   time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC),
		symbol: map[string]ID{}, byName: map[string]*Class{},
	}
	switch idSize {
	case 8:
		d.next, d.nextClass, d.machine = 0x6_c000_0000, 0x7_ffc0_0000, machine{12, 4, 16}
	case 4:
		d.next, d.nextClass, d.machine = 0x2000_0000, 0xb000_0000, machine{8, 4, 12}
	default:
		panic(fmt.Sprintf("hproftest: identifiers of %d bytes", idSize))
	}
	for _, o := range opts {
		o(d)
	}
	if d.version != "1.0.2" && d.version != "1.0.3" {
		d.segment = 0
	}
	if !d.bare {
		d.bootstrap()
	}
	return d
}

// IDSize returns the size of identifiers.
func (d *Dump) IDSize() int { return d.idSize }

// Objects returns the instances and arrays made so far, in order.
func (d *Dump) Objects() []*Object { return d.objects }

// Classes returns the classes made so far, in order.
func (d *Dump) Classes() []*Class { return d.classes }

// Skip leaves n bytes of the heap free before the next object.
func (d *Dump) Skip(n int64) { d.next += ID(n) }

// Goto places the next object at addr.
func (d *Dump) Goto(addr ID) { d.next = addr }

// RawRecord adds the bytes to the heap part, after everything else.
func (d *Dump) RawRecord(b ...byte) { d.heapRaw = append(d.heapRaw, b) }

// RawTop adds a top-level record before the heap.
func (d *Dump) RawTop(tag byte, body []byte) {
	b := append([]byte{tag, 0, 0, 0, 0}, be.AppendUint32(nil, uint32(len(body)))...)
	d.topRaw = append(d.topRaw, append(b, body...))
}

// Symbol returns the identifier of a symbol, making it when absent.
func (d *Dump) Symbol(s string) ID {
	id, ok := d.symbol[s]
	if !ok {
		id = ID(0x1000 + 8*len(d.symbols))
		d.symbol[s] = id
		d.symbols = append(d.symbols, s)
	}
	return id
}

// place takes n bytes of heap.
func (d *Dump) place(n int64) ID {
	a := d.next
	d.next += ID(align8(n))
	return a
}

func align8(n int64) int64 { return (n + 7) &^ 7 }

// alloc returns n zero bytes.
func (d *Dump) alloc(n int) []byte {
	if n > len(d.arena) {
		d.arena = make([]byte, max(n, 64<<10))
	}
	b := d.arena[:n:n]
	d.arena = d.arena[n:]
	return b
}
