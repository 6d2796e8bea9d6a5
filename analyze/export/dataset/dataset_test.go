package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	N    int64  `parquet:"n"`
	Word string `parquet:"word,dict"`
	Even *int64 `parquet:"even,optional"`
}

// fill writes portions of i rows each with some workers.
func fill(t *testing.T, p *Partition, portions, workers int) {
	t.Helper()
	table := Open[row](p, "numbers")
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		w := table.Writer()
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < portions; i = int(next.Add(1)) - 1 {
				w.Begin(i)
				for j := range i * 37 {
					r := row{N: int64(i)<<32 | int64(j), Word: fmt.Sprint("word ", j%7)}
					if j%2 == 0 {
						r.Even = new(int64(j))
					}
					w.Add(r)
				}
				if err := w.End(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
}

func all(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
		if rel, _ := filepath.Rel(dir, path); rel != "." {
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	return out
}

// TestOrder has files in parts, written by several workers, with the rows in the order of the portions, and the same bytes for one worker.
func TestOrder(t *testing.T) {
	defer func(n int64) { maxFile = n }(maxFile)
	maxFile = 1000
	var first []string
	for _, workers := range []int{1, 4} {
		dir := t.TempDir()
		p := New(dir, "ab", Creator{"test", "1"})
		fill(t, p, 100, workers)
		for _, name := range all(dir) {
			if strings.HasSuffix(name, ".parquet") {
				t.Errorf("%s is there before all is whole", name)
			}
		}
		if err := p.Commit(); err != nil {
			t.Fatal(err)
		}
		sum := p.Sums()[0]
		if sum.Files < 3 || sum.Rows != 37*100*99/2 {
			t.Errorf("%+v", sum)
		}
		last, bytes := int64(-1), int64(0)
		for i := range sum.Files {
			path := filepath.Join(dir, "numbers", "dump=ab", fmt.Sprintf("part-%d.parquet", i))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bytes += int64(len(b))
			if workers == 1 {
				first = append(first, string(b))
			} else if first[i] != string(b) {
				t.Errorf("part %d differs", i)
			}
			rows, err := parquet.ReadFile[row](path)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if j := r.N & (1<<32 - 1); r.N <= last || r.Word != fmt.Sprint("word ", j%7) || (r.Even != nil) != (j%2 == 0) {
					t.Fatalf("%+v after %d", r, last)
				}
				last = r.N
			}
			if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", st.Mode())
			}
		}
		if bytes != sum.Bytes {
			t.Errorf("%d bytes, want %d", bytes, sum.Bytes)
		}
		if n := len(all(dir)); n != sum.Files+2 {
			t.Errorf("%d files and folders: %v", n, all(dir))
		}
	}
}

// TestAgain replaces what was exported before; an export that fails leaves it.
func TestAgain(t *testing.T) {
	defer func(n int64) { maxFile = n }(maxFile)
	dir := t.TempDir()
	maxFile = 1000
	p := New(dir, "ab", Creator{"test", "1"})
	fill(t, p, 100, 2)
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	before := all(dir)
	p = New(dir, "ab", Creator{"test", "1"})
	fill(t, p, 3, 2)
	p.Abort()
	if after := all(dir); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("an export that failed left %v, before %v", after, before)
	}
	p = New(dir, "ab", Creator{"test", "1"})
	fill(t, p, 3, 2)
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	p.Abort() // has nothing to do
	if after := strings.Join(all(dir), " "); after != "numbers numbers/dump=ab numbers/dump=ab/part-0.parquet" {
		t.Errorf("%s", after)
	}
	if rows, err := parquet.ReadFile[row](filepath.Join(dir, "numbers/dump=ab/part-0.parquet")); err != nil || len(rows) != 37*3 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// TestFail ends the waiting of those whose turn will not come, and leaves no folder.
func TestFail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lake")
	p := New(dir, "ab", Creator{"test", "1"})
	table := Open[row](p, "numbers")
	stop := errors.New("stop")
	var wg sync.WaitGroup
	for i := range 3 {
		w := table.Writer()
		wg.Go(func() {
			w.Begin(i + 1) // portion 0 never ends
			w.Add(row{N: 1})
			if err := w.End(); !errors.Is(err, stop) {
				t.Errorf("%v", err)
			}
		})
	}
	w := table.Writer()
	w.Begin(0)
	w.Add(row{N: 0})
	w.Flush()
	p.Fail(stop)
	wg.Wait()
	p.Abort()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left: %v", all(dir))
	}
}

// TestEmpty has a file with columns and no rows.
func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	p := New(dir, "ab", Creator{"test", "1"})
	fill(t, p, 1, 1)
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	b, err := os.Open(filepath.Join(dir, "numbers/dump=ab/part-0.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	st, _ := b.Stat()
	f, err := parquet.OpenFile(b, st.Size())
	if err != nil || f.NumRows() != 0 || len(f.Schema().Columns()) != 3 {
		t.Errorf("%v", err)
	}
}

// TestDictionaryOverflow has more different words than a dictionary may hold: the row group, which then has pages of two encodings, is
// encoded again on its way into the file.
func TestDictionaryOverflow(t *testing.T) {
	dir := t.TempDir()
	p := New(dir, "ab", Creator{"test", "1"})
	table := Open[row](p, "words")
	w := table.Writer()
	w.Begin(0)
	long := strings.Repeat("x", 1000)
	const n = 10_000
	for i := range n {
		w.Add(row{N: int64(i), Word: fmt.Sprint(long, i)})
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, "words/dump=ab/part-0.parquet"))
	if err != nil || len(rows) != n {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r.N != int64(i) || r.Word != fmt.Sprint(long, i) {
			t.Fatalf("row %d: %d", i, r.N)
		}
	}
}
