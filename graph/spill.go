package graph

import (
	"cmp"
	"slices"
	"unsafe"
)

// Spill keeps a record for each of many objects of a scan, in parts by their keys, so that equal keys meet in one part and no more
// than a part is in memory at once. Beyond a few records it is a temporary file without a name.
type Spill struct {
	file  *appender // nil: in memory
	shift uint
	parts [][]stretch
	kept  [][]SpillRecord // of each writer, in memory
}

// SpillRecord is a record of a Spill. Keys are spread evenly, as hashes are.
type SpillRecord struct {
	Key    uint64
	Tag    uint32
	Object uint32 // its number: there are fewer than 2^32
}

const (
	spillPart   = 1 << 15 // records that a part has on average: half a MiB
	spillBuffer = 256     // records per part and writer
	maxParts    = 1 << 10
)

// NewSpill returns a Spill for about that many records. Close it.
func (h *Heap) NewSpill(records int64) (*Spill, error) {
	s := &Spill{shift: 64}
	n := 1
	for ; int64(n)*spillPart < records && n < maxParts; n *= 2 {
		s.shift--
	}
	s.parts = make([][]stretch, n)
	if n == 1 {
		return s, nil
	}
	var err error
	s.file, err = newAppender(h.opt.TempDir)
	return s, err
}

// Close releases the file.
func (s *Spill) Close() {
	s.kept = nil
	if s.file != nil {
		_ = s.file.f.Close()
	}
}

// SpillWriter adds records for one worker.
type SpillWriter struct {
	s    *Spill
	bufs [][]SpillRecord
	err  error
}

// Writer returns a writer.
func (s *Spill) Writer() *SpillWriter {
	return &SpillWriter{s: s, bufs: make([][]SpillRecord, len(s.parts))}
}

// Put adds a record. An error shows at Flush.
func (w *SpillWriter) Put(r SpillRecord) {
	p := r.Key >> w.s.shift // 0 where shift is 64
	b := append(w.bufs[p], r)
	if len(b) >= spillBuffer && w.s.file != nil {
		w.write(int(p), b)
		b = b[:0]
	}
	w.bufs[p] = b
}

func (w *SpillWriter) write(p int, b []SpillRecord) {
	if w.err == nil && len(b) > 0 {
		w.err = w.s.file.append(recordBytes(b), func(at int64) { w.s.parts[p] = append(w.s.parts[p], stretch{at, int64(len(b))}) })
	}
}

// Flush must be called once by each writer, not concurrently, before parts are read.
func (w *SpillWriter) Flush() error {
	if w.s.file == nil {
		w.s.kept = append(w.s.kept, w.bufs[0])
		return nil
	}
	for p, b := range w.bufs {
		w.write(p, b)
		w.bufs[p] = nil
	}
	return w.err
}

// Parts returns how many parts there are.
func (s *Spill) Parts() int { return len(s.parts) }

// Read returns the records of a part, in no order, in buf where it has room.
func (s *Spill) Read(part int, buf []SpillRecord) ([]SpillRecord, error) {
	buf = buf[:0]
	if s.file == nil {
		for _, k := range s.kept {
			buf = append(buf, k...)
		}
		return buf, nil
	}
	total := int64(0)
	for _, p := range s.parts[part] {
		total += p.pairs
	}
	buf = slices.Grow(buf, int(total))[:total]
	slices.SortFunc(s.parts[part], func(a, b stretch) int { return cmp.Compare(a.offset, b.offset) })
	rest := buf
	for _, p := range s.parts[part] {
		if err := readAll(s.file.f, recordBytes(rest[:p.pairs]), p.offset); err != nil {
			return nil, err
		}
		rest = rest[p.pairs:]
	}
	return buf, nil
}

func recordBytes(r []SpillRecord) []byte {
	if len(r) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&r[0])), len(r)*int(unsafe.Sizeof(SpillRecord{})))
}
