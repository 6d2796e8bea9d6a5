package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
)

// oracleRow is what Eclipse MAT says of one reachable object.
type oracleRow struct {
	shallow, retained int64
	idom              uint64 // 0 for the virtual root
}

// TestOracle compares immediate dominators and retained sizes under --references=all with those of Eclipse MAT, object by
// object, on the dumps of HEAPCAUSE_ORACLE. Retained sizes are recomputed with MAT's shallow sizes over our tree. MAT's
// invented object at address 0 is left out; nothing else may differ.
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
		t.Run(filepath.Base(base), func(t *testing.T) { compareOracle(t, base+".hprof.gz", readOracle(t, file)) })
	}
}

func readOracle(t *testing.T, file string) map[uint64]oracleRow {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[uint64]oracleRow{}
	s := bufio.NewScanner(z)
	for s.Scan() {
		p := strings.Split(s.Text(), "\t")
		if len(p) != 5 || strings.HasPrefix(p[0], "#") {
			continue
		}
		addr, _ := strconv.ParseUint(p[0], 16, 64)
		var r oracleRow
		r.shallow, _ = strconv.ParseInt(p[2], 10, 64)
		r.retained, _ = strconv.ParseInt(p[3], 10, 64)
		if p[4] != "root" {
			r.idom, _ = strconv.ParseUint(p[4], 16, 64)
		}
		if addr != 0 {
			out[addr] = r
		}
	}
	if s.Err() != nil || len(out) == 0 {
		t.Fatalf("%s: %d rows, %v", file, len(out), s.Err())
	}
	return out
}

func compareOracle(t *testing.T, dump string, want map[uint64]oracleRow) {
	f, err := hprof.Open(context.Background(), dump, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := graph.Build(context.Background(), f, graph.Options{References: graph.AllReferences, TempDir: t.TempDir(), NoInbound: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	retained := map[graph.Object]int64{}
	reachable, bad := 0, 0
	complain := func(format string, args ...any) {
		if bad++; bad <= 10 {
			t.Errorf(format, args...)
		}
	}
	// Sums go up the tree from the leaves: children of an object are visited after it, so the order is reversed.
	var order []graph.Object
	stack := h.Dominated(graph.NoObject, nil)
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = h.Dominated(o, stack[:len(stack)-1])
		if h.Strength(o) == graph.Unreachable {
			continue
		}
		reachable++
		order = append(order, o)
		r, ok := want[h.Addr(o)]
		if !ok {
			complain("%s: reachable here, not in the oracle", h.Name(o))
			continue
		}
		idom := uint64(0)
		if d := h.Idom(o); d != graph.NoObject {
			idom = h.Addr(d)
		}
		if idom != r.idom {
			complain("%s: dominator 0x%x, the oracle has 0x%x", h.Name(o), idom, r.idom)
		}
		retained[o] = r.shallow
	}
	for i := len(order) - 1; i >= 0; i-- {
		o := order[i]
		if r := want[h.Addr(o)]; retained[o] != r.retained {
			complain("%s: retains %d, the oracle has %d", h.Name(o), retained[o], r.retained)
		}
		if d := h.Idom(o); d != graph.NoObject {
			retained[d] += retained[o]
		}
	}
	if reachable != len(want) {
		t.Errorf("%d reachable objects, the oracle has %d", reachable, len(want))
	}
	t.Logf("%d objects: %d differences", reachable, bad)
}
