// Command bench measures heapcause as its users meet it: whole processes on whole dumps, and the extreme shapes of package
// hproftest. It writes its tables into docs/performance.md. Run it by `make bench`, in the project's folder.
//
// Dumps are those of 100 MB and more below HEAPCAUSE_DUMPS, else below testdata/dumps (the three largest where none is that
// large), and one of each format of the variants. They are read once before, so all come from the page cache.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	o := options{}
	flag.StringVar(&o.binary, "binary", "bin/heapcause", "the program to measure")
	flag.StringVar(&o.out, "o", "docs/performance.md", "file with the marked table; - prints it")
	flag.StringVar(&o.only, "only", "", "only dumps whose path contains this")
	flag.IntVar(&o.runs, "runs", 3, "runs of each command; dumps above 2 GB run once")
	flag.StringVar(&o.shapes, "shapes", "1", "divisor of the sizes of the shapes; 0 leaves them out")
	flag.StringVar(&o.tempDir, "temp-dir", "", "folder for temporary files")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

// options of a run.
type options struct {
	binary, out, only, shapes, tempDir string
	runs                               int
}

func run(o options) error {
	dumps, err := findDumps(o.only)
	if err != nil {
		return err
	}
	if len(dumps) == 0 && o.shapes == "0" {
		return errors.New("no dump here: run make testdata or make testdata-large, or set HEAPCAUSE_DUMPS to a folder of some")
	}
	if len(dumps) > 0 {
		if _, err := os.Stat(o.binary); err != nil {
			return fmt.Errorf("%w (make build)", err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured %s on %s, %s.\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), machine(), runtime.Version())
	if len(dumps) > 0 {
		if err := measureDumps(&b, o, dumps); err != nil {
			return err
		}
	}
	if o.shapes != "0" {
		if err := measureShapes(&b, o.shapes); err != nil {
			return err
		}
	}
	if o.out == "-" {
		fmt.Print(b.String())
		return nil
	}
	return replaceMarked(o.out, b.String())
}

// dump is a file to measure on.
type dump struct {
	path     string
	bytes    int64 // of the file
	unpacked int64
	objects  int64
}

const large = 100_000_000

// variants are formats that are measured although the dumps are small.
var variants = []string{"variant-live.hprof", "variant-zgc.hprof", "variant-shenandoah.hprof", "variant-gz1.hprof.gz", "variant-jdk25-coh.hprof"}

// findDumps chooses the dumps, the smallest first.
func findDumps(only string) ([]dump, error) {
	root := os.Getenv("HEAPCAUSE_DUMPS")
	if root == "" {
		root = "testdata/dumps"
	}
	var all []dump
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isDump(path) || strings.Contains(path, "damaged") || !strings.Contains(path, only) {
			return err
		}
		info, err := e.Info()
		if err == nil {
			all = append(all, dump{path: path, bytes: info.Size()})
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b dump) int { return int(a.bytes - b.bytes) })
	least := int64(large)
	if n := len(all); n > 0 && all[n-1].bytes < large {
		least = all[max(0, n-3)].bytes
	}
	return slices.DeleteFunc(all, func(d dump) bool {
		return only == "" && d.bytes < least && !slices.Contains(variants, filepath.Base(d.path))
	}), err
}

func isDump(path string) bool {
	for _, end := range []string{".hprof", ".hprof.gz", ".hprof.zst"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// machine names cores and processor.
func machine() string {
	model := runtime.GOARCH
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
				model = strings.TrimSpace(v)
				break
			}
		}
	}
	memory := ""
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int64
		if n, _ := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); n == 1 {
			memory = fmt.Sprintf(", %d GiB", (kib+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%d cores of %s%s, %s", runtime.NumCPU(), model, memory, runtime.GOOS)
}

// The marks between which the tables stand.
const (
	beginMark = "<!-- bench: begin -->"
	endMark   = "<!-- bench: end -->"
)

// replaceMarked puts text between the marks of a file.
func replaceMarked(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks the lines %s and %s", path, beginMark, endMark)
	}
	return os.WriteFile(path, []byte(before+beginMark+"\n"+text+endMark+after), 0o644)
}
