package dataset

import (
	"bytes"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Bounds of files, row groups and pages.
const (
	groupRows = 1 << 20
	pageBytes = 1 << 20
	dictBytes = 4 << 20 // of a column in a row group; beyond it values are written plain
)

// maxFile bytes end a file: the next row group goes to another one. Tests lower it.
var maxFile = int64(1) << 30

// Table is one data set of a partition, with rows of type T. A nil Table stands for a data set that is not wanted: it and its writers do
// nothing.
type Table[T any] struct {
	p    *Partition
	name string
	opts []parquet.WriterOption

	turn int // portion whose row groups may be written
	file *os.File
	out  *parquet.GenericWriter[T]
	sum  Sum
}

// Open begins a data set.
func Open[T any](p *Partition, name string) *Table[T] {
	return &Table[T]{p: p, name: name, sum: Sum{Table: name}, opts: []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.PageBufferSize(pageBytes),
		parquet.DictionaryMaxBytes(dictBytes),
		parquet.DataPageStatistics(false),
		parquet.DefaultEncodingFor(parquet.Int32, &parquet.DeltaBinaryPacked),
		parquet.DefaultEncodingFor(parquet.Int64, &parquet.DeltaBinaryPacked),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain),
		parquet.CreatedBy(p.creator.Name, p.creator.Version, ""),
	}}
}

// next begins the next file.
func (t *Table[T]) next() error {
	f, err := t.p.create(t.name, t.sum.Files)
	if err != nil {
		return err
	}
	t.file, t.out = f, parquet.NewGenericWriter[T](f, t.opts...)
	t.sum.Files++
	return nil
}

// end ends the file at hand.
func (t *Table[T]) end() error {
	if t.out == nil {
		return nil
	}
	if err := t.out.Close(); err != nil {
		return &Error{err}
	}
	st, err := t.file.Stat()
	if err != nil {
		return &Error{err}
	}
	t.sum.Bytes += st.Size()
	t.out = nil
	return nil
}

// write adds a row group; it is the caller's turn.
func (t *Table[T]) write(g parquet.RowGroup) error {
	if t.out == nil {
		if err := t.next(); err != nil {
			return err
		}
	}
	n, err := t.out.WriteRowGroup(g)
	if err != nil {
		return &Error{err}
	}
	t.sum.Rows += n
	if t.out.Size() >= maxFile {
		return t.end()
	}
	return nil
}

// Close ends the data set, when all writers are done. It has a file even where it has no rows, so that readers find its columns.
func (t *Table[T]) Close() error {
	if t == nil {
		return nil
	}
	if t.sum.Files == 0 {
		if err := t.next(); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	t.p.sums = append(t.p.sums, t.sum)
	return nil
}

// Writer encodes the portions of one worker. Not for concurrent use.
type Writer[T any] struct {
	t       *Table[T]
	portion int
	rows    []T
	group   int // rows in the encoder
	buf     bytes.Buffer
	enc     *parquet.GenericWriter[T]
	err     error
}

// batchRows are handed to the encoder at a time.
const batchRows = 1024

// Writer returns a writer for one worker.
func (t *Table[T]) Writer() *Writer[T] {
	if t == nil {
		return nil
	}
	w := &Writer[T]{t: t, rows: make([]T, 0, batchRows)}
	w.enc = parquet.NewGenericWriter[T](&w.buf, t.opts...)
	return w
}

// Begin begins a portion. Each number from 0 on must be begun and ended once, by any writer.
func (w *Writer[T]) Begin(portion int) {
	if w != nil {
		w.portion = portion
	}
}

// Add adds a row. Errors show at End.
func (w *Writer[T]) Add(row T) {
	w.rows = append(w.rows, row)
	if len(w.rows) == batchRows {
		w.drain()
	}
}

// Failed reports whether an error will show at End.
func (w *Writer[T]) Failed() bool { return w.err != nil }

// drain hands the batch to the encoder.
func (w *Writer[T]) drain() {
	if len(w.rows) == 0 || w.err != nil {
		w.rows = w.rows[:0]
		return
	}
	_, w.err = w.enc.Write(w.rows)
	w.group += len(w.rows)
	clear(w.rows) // what their pointers hold
	w.rows = w.rows[:0]
	if w.group >= groupRows {
		w.Flush()
	}
}

// Flush ends a row group: what is in memory of it goes to the file.
func (w *Writer[T]) Flush() {
	if w.drain(); w.err != nil || w.group == 0 {
		return
	}
	if w.err = w.enc.Close(); w.err == nil {
		w.err = w.handIn()
	}
	w.group = 0
	w.buf.Reset()
	w.enc.Reset(&w.buf)
}

// handIn writes the encoded row groups when it is this portion's turn.
func (w *Writer[T]) handIn() error {
	f, err := parquet.OpenFile(bytes.NewReader(w.buf.Bytes()), int64(w.buf.Len()), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	if err := w.wait(); err != nil {
		return err
	}
	for _, g := range f.RowGroups() {
		if err := w.t.write(g); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for this portion's turn.
func (w *Writer[T]) wait() error {
	p := w.t.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && w.t.turn != w.portion {
		p.wake.Wait()
	}
	return p.err
}

// End ends the portion, and with it a row group.
func (w *Writer[T]) End() error {
	if w == nil {
		return nil
	}
	w.Flush()
	if w.err == nil {
		w.err = w.wait()
	}
	p := w.t.p
	if w.err != nil {
		p.Fail(w.err)
		return w.err
	}
	p.mu.Lock()
	w.t.turn++
	p.wake.Broadcast()
	p.mu.Unlock()
	return nil
}
