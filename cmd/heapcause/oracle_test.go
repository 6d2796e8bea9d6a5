package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// object is a line of `dominators --all --format tsv`, and of an oracle file.
type object struct {
	class             uint64 // address of the class object
	shallow, retained int64
	idom              uint64 // address, or virtualRoot
}

const virtualRoot = ^uint64(0)

// TestOracle compares what `dominators --all --references=all` says of each object with Eclipse MAT, on every dump of the folder
// HEAPCAUSE_ORACLE: the same objects are reachable, with the same classes and immediate dominators, and with MAT's shallow
// sizes our tree gives MAT's retained sizes. One difference is allowed, see invented.
func TestOracle(t *testing.T) {
	dir := os.Getenv("HEAPCAUSE_ORACLE")
	if dir == "" {
		t.Skip("HEAPCAUSE_ORACLE is not set: no reference results to compare with")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.mat.tsv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.mat.tsv.gz in %s", dir)
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".mat.tsv.gz")
		t.Run(filepath.Base(base), func(t *testing.T) {
			want := readOracle(t, file)
			invented(t, want)
			compareOracle(t, everyObject(t, base+".hprof.gz"), want)
		})
	}
}

func readOracle(t *testing.T, file string) map[uint64]object {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return readObjects(t, z)
}

func everyObject(t *testing.T, dump string) map[uint64]object {
	var stdout, stderr bytes.Buffer
	args := []string{"dominators", dump, "--all", "--format", "tsv", "--references", "all", "--temp-dir", t.TempDir()}
	if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return readObjects(t, &stdout)
}

// readObjects reads lines in ascending address order.
func readObjects(t *testing.T, r io.Reader) map[uint64]object {
	out := map[uint64]object{}
	s := bufio.NewScanner(r)
	last, first := uint64(0), true
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		addr, o, err := parseObject(s.Text())
		if err != nil || !first && addr <= last {
			t.Fatalf("line %q after %x: %v", s.Text(), last, err)
		}
		out[addr], last, first = o, addr, false
	}
	if s.Err() != nil || len(out) == 0 {
		t.Fatalf("%d objects, %v", len(out), s.Err())
	}
	return out
}

func parseObject(line string) (addr uint64, o object, err error) {
	p := strings.Split(line, "\t")
	if len(p) != 5 {
		return 0, o, fmt.Errorf("%d columns", len(p))
	}
	number := func(s string, base int) uint64 {
		n, e := strconv.ParseUint(s, base, 64)
		if err == nil {
			err = e
		}
		return n
	}
	addr, o.class = number(p[0], 16), number(p[1], 16)
	o.shallow, o.retained = int64(number(p[2], 10)), int64(number(p[3], 10))
	if o.idom = virtualRoot; p[4] != "root" {
		o.idom = number(p[4], 16)
	}
	return addr, o, err
}

// invented takes the one object out that MAT adds: <system class loader>, at address 0, which no dump has. Nothing is compared
// less for it: it hangs under the virtual root and dominates no object, so no other object's numbers contain it.
func invented(t *testing.T, want map[uint64]object) {
	o, ok := want[0]
	if !ok || o.idom != virtualRoot || o.retained != o.shallow {
		t.Fatalf("the object at address 0 is %+v", o)
	}
	delete(want, 0)
	for addr, o := range want {
		if o.idom == 0 {
			t.Fatalf("%x is dominated by the object at address 0", addr)
		}
	}
}

func compareOracle(t *testing.T, got, want map[uint64]object) {
	bad := 0
	complain := func(format string, args ...any) {
		if bad++; bad <= 10 {
			t.Errorf(format, args...)
		}
	}
	for addr, w := range want {
		g, ok := got[addr]
		switch {
		case !ok:
			complain("%x: reachable for MAT alone", addr)
		case g.class != w.class:
			complain("%x: class %x, MAT has %x", addr, g.class, w.class)
		case g.idom != w.idom:
			complain("%x: dominator %x, MAT has %x", addr, g.idom, w.idom)
		}
	}
	for addr := range got {
		if _, ok := want[addr]; !ok {
			complain("%x: reachable here alone", addr)
		}
	}
	sum := retainedWith(got, want)
	if len(sum) != len(got) {
		t.Errorf("%d of %d objects hang in the tree", len(sum), len(got))
	}
	for addr, n := range sum {
		if n != want[addr].retained {
			complain("%x: retains %d, MAT has %d", addr, n, want[addr].retained)
		}
	}
	t.Logf("%d objects: %d differences in class, dominator or retained size", len(got), bad)
}

// retainedWith adds the shallow sizes of one set of objects up over the tree of another.
func retainedWith(tree, sizes map[uint64]object) map[uint64]int64 {
	children := map[uint64][]uint64{}
	for addr, o := range tree {
		children[o.idom] = append(children[o.idom], addr)
	}
	order := children[virtualRoot]
	for i := 0; i < len(order); i++ { // grows while it runs: parents come before children
		order = append(order, children[order[i]]...)
	}
	sum := map[uint64]int64{}
	for i := len(order) - 1; i >= 0; i-- {
		addr := order[i]
		sum[addr] += sizes[addr].shallow
		if d := tree[addr].idom; d != virtualRoot {
			sum[d] += sum[addr]
		}
	}
	return sum
}
