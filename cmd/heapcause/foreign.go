package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const makeHint = "make a dump with `jcmd PID GC.heap_dump FILE.hprof` (plain or -gz=1)"

// foreign are kinds of files that people take for heap dumps, by how they begin.
var foreign = []struct{ magic, hint string }{
	{"PK\x03\x04", "this is a zip archive, which heapcause does not unpack: unpack it with `unzip` and name the dump inside"},
	{"\x28\xb5\x2f\xfd", "the zstd file holds something else, or is damaged"},
	{"\x04\x22\x4d\x18", "this is an lz4 file, which heapcause does not unpack: unpack it with `lz4 -d`"},
	{"BZh", "this is a bzip2 file, which heapcause does not unpack: unpack it with `bunzip2`"},
	{"\xfd7zXZ\x00", "this is an xz file, which heapcause does not unpack: unpack it with `xz -d`"},
	{"FLR\x00", "this is a flight recording: it has no objects; " + makeHint},
	{"\x7fELF", "this may be a core dump: `jhsdb jmap --binaryheap --exe JAVA --core FILE` makes a heap dump of it"},
	{"\x00\x12portable heap dump", "this is a portable heap dump of OpenJ9, which heapcause does not read"},
	{"JAVA PROFILE", "the file's header is damaged; copy or make the dump again"},
	{"\x1f\x8b", "the gzip file holds something else, or is damaged"},
}

// headBytes are looked at to tell what a file is.
const headBytes = 512

// headOf returns how a file begins, nil when it cannot be read.
func headOf(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	return readHead(f)
}

func readHead(f *os.File) []byte {
	head := make([]byte, headBytes)
	n, _ := f.ReadAt(head, 0)
	return head[:n]
}

// notHPROFHint says what it is that begins so and is no dump, or how to make one.
func notHPROFHint(path string, head []byte) string {
	switch {
	case len(head) == 0:
		return "the JVM may still be writing it, or the disk was full; " + makeHint
	case bytes.Contains(head, []byte("#instances")) || bytes.Contains(head, []byte("Full thread dump")):
		return "this is a class histogram or a thread dump: it has no objects; " + makeHint
	}
	if whole, ok := partOf(path); ok {
		return "this is a part of a dump that the JVM was interrupted in; name " + whole + ", and its parts are read too"
	}
	for _, k := range foreign {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.hint
		}
	}
	return makeHint
}

// partOf returns the dump that a file called NAME.pN is a part of, if that is there.
func partOf(path string) (string, bool) {
	i := strings.LastIndex(path, ".p")
	if i <= 0 {
		return "", false
	}
	if _, err := strconv.ParseUint(path[i+2:], 10, 32); err != nil {
		return "", false
	}
	_, err := os.Stat(path[:i])
	return path[:i], err == nil
}

// dumpPatterns are how dump files are called.
var dumpPatterns = []string{"*.hprof", "*.hprof.gz", "*.hprof.zst", "*.hprof.[0-9]*", "*.bin"}

// dumpsIn names a dump in a folder, or says how to make one.
func dumpsIn(dir string) string {
	if d := nearestDump(dir, ""); d != "" {
		return "did you mean " + d + "?"
	}
	return makeHint
}

// missingHint names the dump that lies where a file is missing and is called most like it.
func missingHint(path string) string {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		return "the folder " + dir + " does not exist"
	}
	if d := nearestDump(dir, filepath.Base(path)); d != "" {
		return "did you mean " + d + "?"
	}
	return ""
}

// nearestDump returns the dump of a folder whose name shares most of its beginning and end with name, the first of equals.
func nearestDump(dir, name string) string {
	best, score := "", -1
	for _, pattern := range dumpPatterns {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(dir), pattern))
		for _, f := range found {
			if s := likeness(filepath.Base(f), name); s > score {
				best, score = f, s
			}
		}
	}
	return best
}

func likeness(a, b string) int {
	n := min(len(a), len(b))
	i, j := 0, 0
	for i < n && a[i] == b[i] {
		i++
	}
	for j < n-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	return i + j
}

// escapeGlob makes a folder's name stand for itself in a pattern.
func escapeGlob(dir string) string {
	if os.PathSeparator == '\\' { // has no escapes there
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
