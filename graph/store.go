package graph

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"
)

var errNoMap = errors.New("no memory mapping on this system")

// number is what the flat arrays hold.
type number interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64
}

func asBytes[T number](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(z)))
}

func asNumbers[T number](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(z)))
}

// array is a flat array off the Go heap.
type array[T number] struct {
	v []T
	b []byte
}

func newArray[T number](n int64) (array[T], error) {
	var z T
	b, err := mapAnon(n * int64(unsafe.Sizeof(z)))
	if err != nil {
		return array[T]{}, err
	}
	hugePages(b)
	return array[T]{asNumbers[T](b)[:n], b}, nil
}

func (a *array[T]) free() {
	unmap(a.b)
	a.v, a.b = nil, nil
}

// spill moves an array to a temporary file without a name and maps that: for what is read in order, or much later.
func (a *array[T]) spill(dir string) error {
	f, err := tempFile(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // the mapping keeps the file
	if err := writeAll(f, asBytes(a.v), 0); err != nil {
		return err
	}
	b, err := mapFile(f, 0, int64(len(a.b)))
	if errors.Is(err, errNoMap) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mapping a temporary file: %w", err)
	}
	n := len(a.v)
	a.free()
	a.v, a.b = asNumbers[T](b)[:n], b
	return nil
}

// store is the file behind the columns of a Heap: a temporary one without a name, mapped. Small heaps need none and stay in
// memory.
type store struct {
	f    *os.File // nil: in memory
	size int64
	maps [][]byte
}

func newStore(dir string, inMemory bool) (*store, error) {
	if inMemory {
		return &store{}, nil
	}
	f, err := tempFile(dir)
	if err != nil {
		return nil, err
	}
	return &store{f: f}, nil
}

// tempFile makes a file that has no name: nothing is left behind, whatever happens.
func tempFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "heapcause-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	os.Remove(f.Name())
	return f, nil
}

const mapUnit = 1 << 16

// alloc adds n zero bytes to the store.
func (s *store) alloc(n int64) ([]byte, error) {
	n = (max(n, 1) + mapUnit - 1) &^ (mapUnit - 1)
	if s.f == nil {
		b, err := mapAnon(n)
		s.maps = append(s.maps, b)
		return b, err
	}
	off, err := s.extend(n)
	if err != nil {
		return nil, err
	}
	b, err := s.mapAt(off, n)
	if errors.Is(err, errNoMap) {
		return mapAnon(n)
	}
	return b, err
}

// extend adds n bytes to the file and returns where they begin.
func (s *store) extend(n int64) (int64, error) {
	n = (max(n, 1) + mapUnit - 1) &^ (mapUnit - 1)
	if err := reserve(s.f, s.size, n); err != nil {
		return 0, fmt.Errorf("reserving %d bytes of temporary disk space: %w", n, err)
	}
	s.size += n
	return s.size - n, nil
}

// mapAt maps n bytes of the file, or returns errNoMap.
func (s *store) mapAt(off, n int64) ([]byte, error) {
	b, err := mapFile(s.f, off, n)
	if errors.Is(err, errNoMap) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("mapping a temporary file: %w", err)
	}
	s.maps = append(s.maps, b)
	return b, nil
}

// column allocates a column of n numbers in the store.
func column[T number](s *store, n uint64) ([]T, error) {
	var z T
	b, err := s.alloc(int64(n) * int64(unsafe.Sizeof(z)))
	if err != nil {
		return nil, err
	}
	return asNumbers[T](b)[:n], nil
}

// columnWriter writes a column piece by piece: by writes to the file where there is one, as a fault per page of a mapping costs
// more than the copy.
type columnWriter[T number] struct {
	s   *store
	n   uint64
	off int64 // in the file
	v   []T   // in memory
}

func newColumnWriter[T number](s *store, n uint64) (*columnWriter[T], error) {
	w := &columnWriter[T]{s: s, n: n}
	var err error
	if s.f == nil {
		w.v, err = column[T](s, n)
		return w, err
	}
	var z T
	w.off, err = s.extend(int64(n) * int64(unsafe.Sizeof(z)))
	return w, err
}

// write sets the elements from first on; safe for concurrent use on different elements.
func (w *columnWriter[T]) write(first uint64, v []T) error {
	if w.v != nil {
		copy(w.v[first:], v)
		return nil
	}
	var z T
	return writeAll(w.s.f, asBytes(v), w.off+int64(first)*int64(unsafe.Sizeof(z)))
}

// finish returns the column.
func (w *columnWriter[T]) finish() ([]T, error) {
	if w.v != nil || w.n == 0 {
		return w.v, nil
	}
	var z T
	size := int64(w.n) * int64(unsafe.Sizeof(z))
	b, err := w.s.mapAt(w.off, size)
	if errors.Is(err, errNoMap) {
		if b, err = mapAnon(size); err == nil {
			err = readAll(w.s.f, b, w.off)
		}
	}
	if err != nil {
		return nil, err
	}
	return asNumbers[T](b)[:w.n], nil
}

// keep moves an array to the store.
func keep[T number](s *store, a *array[T]) ([]T, error) {
	if s.f == nil {
		v := a.v
		s.maps = append(s.maps, a.b)
		a.v, a.b = nil, nil
		return v, nil
	}
	w, err := newColumnWriter[T](s, uint64(len(a.v)))
	if err != nil {
		return nil, err
	}
	if err := w.write(0, a.v); err != nil {
		return nil, err
	}
	a.free()
	return w.finish()
}

// drop releases the memory of all columns; they are read back when touched.
func (s *store) drop() {
	if s.f == nil {
		return
	}
	for _, b := range s.maps {
		dropPages(b)
	}
}

func (s *store) close() error {
	for _, b := range s.maps {
		unmap(b)
	}
	s.maps = nil
	if s.f == nil {
		return nil
	}
	return s.f.Close()
}

// writeAll writes b at off of a temporary file.
func writeAll(f *os.File, b []byte, off int64) error {
	if _, err := f.WriteAt(b, off); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	return nil
}

// readAll fills b from off on of a temporary file.
func readAll(f *os.File, b []byte, off int64) error {
	if len(b) == 0 {
		return nil
	}
	if _, err := f.ReadAt(b, off); err != nil {
		return fmt.Errorf("reading a temporary file: %w", err)
	}
	return nil
}

// appender is a temporary file that several workers append to.
type appender struct {
	f    *os.File
	mu   sync.Mutex
	size int64
}

func newAppender(dir string) (*appender, error) {
	f, err := tempFile(dir)
	if err != nil {
		return nil, err
	}
	return &appender{f: f}, nil
}

// append writes b behind the rest. note, which may be nil, is told where that is, by one worker at a time.
func (a *appender) append(b []byte, note func(at int64)) error {
	if len(b) == 0 {
		return nil
	}
	a.mu.Lock()
	at := a.size
	a.size += int64(len(b))
	if note != nil {
		note(at)
	}
	a.mu.Unlock()
	return writeAll(a.f, b, at)
}

// stretch is a run of pairs in a temporary file.
type stretch struct {
	offset, pairs int64
}

// readPairs returns the pairs of all stretches, in buf where it has room.
func readPairs(f *os.File, of []stretch, buf []uint64) ([]uint64, error) {
	total := int64(0)
	for _, s := range of {
		total += s.pairs
	}
	if int64(cap(buf)) < total {
		buf = make([]uint64, total)
	}
	buf = buf[:total]
	rest := buf
	for _, s := range of {
		if err := readAll(f, asBytes(rest[:s.pairs]), s.offset); err != nil {
			return nil, err
		}
		rest = rest[s.pairs:]
	}
	return buf, nil
}

// sequence appends numbers to a temporary file.
type sequence struct {
	f   *os.File
	buf []uint32
	n   int64 // written

	stop func() error // asked now and then; its error ends the writing; may be nil
}

func newSequence(dir string) (*sequence, error) {
	f, err := tempFile(dir)
	if err != nil {
		return nil, err
	}
	return &sequence{f: f, buf: make([]uint32, 0, 1<<15)}, nil
}

func (s *sequence) put(x uint32) error {
	s.buf = append(s.buf, x)
	if len(s.buf) == cap(s.buf) {
		return s.flush()
	}
	return nil
}

func (s *sequence) flush() error {
	if s.stop != nil {
		if err := s.stop(); err != nil {
			return err
		}
	}
	err := writeAll(s.f, asBytes(s.buf), s.n*4)
	s.n += int64(len(s.buf))
	s.buf = s.buf[:0]
	return err
}

// read fills dst with the numbers from index at on.
func (s *sequence) read(dst []uint32, at int64) error {
	return readAll(s.f, asBytes(dst), at*4)
}

func stepsOf(b []byte) []step {
	return unsafe.Slice((*step)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(step{})))
}
