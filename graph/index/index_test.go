//go:build unix

package index

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// newDump writes a file that stands for a dump.
func newDump(t *testing.T, size int) (path string, key Key) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.hprof")
	r := rand.New(rand.NewPCG(1, uint64(size)))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, keyOf(t, path)
}

func keyOf(t *testing.T, path string) Key {
	t.Helper()
	k, err := KeyOf(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write makes an index with two sections.
func write(t *testing.T, dir string, key Key, content []byte) string {
	t.Helper()
	w, err := Create(dir, key.Name(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(2) {
		if err := w.Begin(7 + id); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	path, size, err := w.Commit(Info{Key: key, Objects: 3, Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() != size || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v, want a file of %d bytes and mode 0600", st, err, size)
	}
	return path
}

func content(n int) []byte { return bytes.Repeat([]byte("heap"), n/4+1)[:n] }

func TestWriteAndOpen(t *testing.T) {
	_, key := newDump(t, 5000)
	for _, n := range []int{0, 1, BlockBytes - 1, BlockBytes, BlockBytes + 1, writeBuffer - BlockBytes, writeBuffer, 3*writeBuffer + 5} {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		path := write(t, dir, key, content(n))
		f, err := Open(path, &key)
		if err != nil {
			t.Fatal(err)
		}
		for id := range uint32(2) {
			s := f.Section(7 + id)
			if !s.All() || !bytes.Equal(s.Bytes, content(n)) {
				t.Errorf("%d bytes: section %d has %d", n, id, len(s.Bytes))
			}
			if n > 0 && (!s.Ok(0) || !s.Ok(uint64(n-1)) || s.VerifiedTo(uint64(n-1)) != uint64(n)) {
				t.Errorf("%d bytes: not verified", n)
			}
			if s.VerifiedTo(uint64(n)) != uint64(n) {
				t.Errorf("%d bytes: verified beyond", n)
			}
		}
		if s := f.Section(1); len(s.Bytes) != 0 || !s.All() {
			t.Errorf("a section that was not written")
		}
		if f.Objects != 3 || f.Classes != 2 || f.Key != key {
			t.Errorf("description %+v", f.Info)
		}
		if err := errors.Join(f.Verify(), f.Close()); err != nil {
			t.Error(err)
		}
		if st, _ := os.Stat(dir); st.Mode().Perm() != 0o700 {
			t.Errorf("folder has mode %v", st.Mode())
		}
	}
}

// refused opens an index and wants that reason.
func refused(t *testing.T, path string, key *Key, why string) {
	t.Helper()
	f, err := Open(path, key)
	if err == nil {
		_ = f.Close()
		t.Fatalf("opened, want: %s", why)
	}
	if !errors.Is(err, ErrUnusable) || !strings.Contains(Reason(err), why) {
		t.Errorf("error %q, want %q", err, why)
	}
}

func TestUntrusted(t *testing.T) {
	_, key := newDump(t, 5000)
	dir := t.TempDir()
	path := write(t, dir, key, content(40000))
	whole, _ := os.ReadFile(path)
	patched := func(at int, b byte) {
		t.Helper()
		p := bytes.Clone(whole)
		p[at] = b
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	patched(0, 'x')
	refused(t, path, &key, "no index of heapcause")
	patched(16, Version+1)
	refused(t, path, &key, "another version")
	patched(20, 99)
	refused(t, path, &key, "another version")
	patched(fixedHeader, 99)
	refused(t, path, &key, "header is damaged")
	patched(len(whole)-1, 99)
	refused(t, path, &key, "table of hashes is damaged")
	patched(0, whole[0])
	if err := os.Truncate(path, int64(len(whole)-8)); err != nil {
		t.Fatal(err)
	}
	refused(t, path, &key, "cut")
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	refused(t, path, &key, "cut")
	patched(0, whole[0])

	other := key
	other.Size++
	refused(t, path, &other, "of a dump of 5000 bytes")
	other = key
	other.Fingerprint++
	refused(t, path, &other, "of another dump")
	other = key
	other.Modified++
	refused(t, path, &other, "written to since")
	other = key
	other.Variant = "all"
	refused(t, path, &other, "other options")

	if err := os.Chmod(path, 0o620); err != nil {
		t.Fatal(err)
	}
	refused(t, path, &key, "other users may write to it")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	userID = func() int { return os.Geteuid() + 1 }
	refused(t, path, &key, "belongs to another user")
	userID = os.Geteuid
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	refused(t, link, &key, "link")
	refused(t, dir, &key, "no regular file")
	if _, err := Open(filepath.Join(dir, "none"), &key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an index that is not there: %v", err)
	}
}

// TestFirstTouch: damage in one block does not show before that block is touched, and never again after.
func TestFirstTouch(t *testing.T) {
	_, key := newDump(t, 5000)
	path := write(t, t.TempDir(), key, content(10*BlockBytes))
	b, _ := os.ReadFile(path)
	b[4*BlockBytes+100]++ // block 3 of the first section
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, &key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s := f.Section(7)
	if !s.Ok(0) || !s.Ok(3*BlockBytes-1) || !s.Ok(4*BlockBytes) || f.Err() != nil {
		t.Error("whole blocks are not taken for whole")
	}
	for range 2 {
		if s.Ok(3*BlockBytes+5) || !errors.Is(f.Err(), ErrUnusable) {
			t.Error("damage is not seen")
		}
	}
	if s.All() || s.VerifiedTo(3*BlockBytes+5) != 3*BlockBytes+5 {
		t.Error("damage is forgotten")
	}
}

func TestKey(t *testing.T) {
	for _, size := range []int{0, 100, 300 << 10, 3 << 20} {
		path, key := newDump(t, size)
		if again := keyOf(t, path); again != key {
			t.Errorf("%d bytes: two keys of one file", size)
		}
		if size == 0 {
			continue
		}
		for _, at := range []int{0, size / 2, size - 1} {
			b, _ := os.ReadFile(path)
			b[at]++
			if at == size/2 { // one byte between the samples may go unseen; a replaced dump does not
				for i := range b {
					b[i] ^= 0x55
				}
			}
			p := filepath.Join(t.TempDir(), "app.hprof")
			if err := os.WriteFile(p, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if k := keyOf(t, p); k.Fingerprint == key.Fingerprint || k.Name() == key.Name() {
				t.Errorf("%d bytes: a change at %d has the same fingerprint", size, at)
			}
		}
	}
	k := Key{Dump: "/a/.heap dump\n.hprof", Fingerprint: 5, Variant: "all"}
	if got, want := k.Name(), "heap_dump_.hprof-0000000000000005-all.hcindex"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

// TestBuildersAtOnce: each writes a file of its own, the last name wins, and what has the name is whole at any time.
func TestBuildersAtOnce(t *testing.T) {
	_, key := newDump(t, 5000)
	dir := t.TempDir()
	path := write(t, dir, key, content(1000))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				w, err := Create(dir, key.Name(), 0)
				if err != nil {
					t.Error(err)
					return
				}
				if err := w.Begin(7); err != nil {
					t.Error(err)
				}
				if _, err := w.Write(content(200000)); err != nil {
					t.Error(err)
				}
				if _, _, err := w.Commit(Info{Key: key}); err != nil {
					t.Error(err)
				}
				f, err := Open(path, &key)
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(f.Verify(), f.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if es, _ := os.ReadDir(dir); len(es) != 1 {
		t.Errorf("left behind: %v", es)
	}
}

// TestDeadBuilders: the temporary file of a builder that lives stays, that of a dead one goes.
func TestDeadBuilders(t *testing.T) {
	_, key := newDump(t, 5000)
	dir := t.TempDir()
	count := func() int {
		es, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(es)
	}
	alive, err := Create(dir, key.Name(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	removeDead(dir)
	if n := count(); n != 2 {
		t.Fatalf("%d files, want those of a living builder and of somebody else", n)
	}
	_ = alive.f.Close() // as the system does for the dead
	removeDead(dir)
	if n := count(); n != 1 {
		t.Errorf("%d files, want that of somebody else", n)
	}
}

func TestListAndClean(t *testing.T) {
	dir := t.TempDir()
	if es, err := List(filepath.Join(dir, "none")); err != nil || len(es) != 0 {
		t.Errorf("%v, %v of a folder that is not there", es, err)
	}
	first, key := newDump(t, 5000)
	path := write(t, dir, key, content(1000))
	second, key2 := newDump(t, 6000)
	write(t, dir, key2, content(1000))
	problems := func() string {
		es, err := List(dir)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range es {
			out = append(out, e.Problem)
		}
		return strings.Join(out, ", ")
	}
	if got := problems(); got != ", " {
		t.Errorf("problems %q", got)
	}
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if got := problems(); !strings.Contains(got, "the dump is gone") {
		t.Errorf("problems %q", got)
	}
	if err := os.Chtimes(first, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if got := problems(); !strings.Contains(got, "written to since") {
		t.Errorf("problems %q", got)
	}
	gone, err := Clean(dir, func(e *Entry) bool { return e.Info.Dump == first })
	if err != nil || len(gone) != 1 || gone[0].Path != path {
		t.Errorf("removed %v, %v", gone, err)
	}
	if es, _ := List(dir); len(es) != 1 {
		t.Errorf("%d left", len(es))
	}
}

// TestNoSpace: an index for which there is no room is not begun.
func TestNoSpace(t *testing.T) {
	dir := t.TempDir()
	if _, ok := freeSpace(dir); !ok {
		t.Skip("free space is not known here")
	}
	if _, err := Create(dir, "a.hcindex", 1<<60); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	if es, _ := os.ReadDir(dir); len(es) > 0 {
		t.Errorf("left behind: %v", es)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, "a.hcindex", 0); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
	if err := CheckFolder(dir); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

// FuzzOpen opens arbitrary bytes.
func FuzzOpen(f *testing.F) {
	h := header{info: Info{Key: Key{Dump: "/app.hprof"}}, rows: []row{{7, BlockBytes, 5}}, size: 2*BlockBytes + 16, hashes: 2 * BlockBytes}
	b, err := h.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(b, make([]byte, BlockBytes+16)...))
	f.Add([]byte(magic))
	f.Fuzz(func(_ *testing.T, b []byte) {
		x, err := parse(b)
		if err != nil {
			return
		}
		for _, s := range x.sections {
			s.All()
		}
	})
}
