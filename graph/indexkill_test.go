//go:build unix

package graph_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/hprof/hproftest"
)

// chatty is a context that prints a line each time it is asked: moments at which a process can be killed.
type chatty struct{ context.Context }

func (c chatty) Err() error {
	fmt.Println("moment")
	return c.Context.Err()
}

// TestBuilderProcess is no test: it is the process that TestKilledBuilder kills. It builds an index again and again.
func TestBuilderProcess(t *testing.T) {
	dump, dir := os.Getenv("HEAPCAUSE_TEST_DUMP"), os.Getenv("HEAPCAUSE_TEST_INDEX")
	if dump == "" {
		t.Skip("runs in a process of its own")
	}
	h := build(t, openDump(t, dump), graph.Options{})
	for range 1000 {
		key, err := index.KeyOf(dump, "")
		if err == nil {
			_, _, err = h.WriteIndex(chatty{context.Background()}, dir, key)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledBuilder kills a process that writes indexes, at random moments: what is left is an index that is right, or none, and the
// next run removes the rest.
func TestKilledBuilder(t *testing.T) {
	d := hproftest.New(8)
	for i := range 3000 {
		d.Root(0x01, d.ArrayOf("byte", i%400))
	}
	dump, dir := d.WriteFile(t, "d.hprof"), t.TempDir()
	h := build(t, openDump(t, dump), graph.Options{})
	want := everything(h)
	r := rand.New(rand.NewPCG(5, 5))
	temporaries := 0
	rounds := 12
	if hproftest.Race {
		rounds = 3
	}
	for range rounds {
		killBuilder(t, dump, dir, 1+r.IntN(100))
		key, err := index.KeyOf(dump, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := reopen(t, filepath.Join(dir, key.Name()), key, graph.Options{})
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			t.Fatal(err)
		case !reflect.DeepEqual(everything(got), want) || got.Err() != nil:
			t.Fatal("a killed builder's index says something else")
		}
		temporaries += len(files(t, dir, ".tmp"))
		if r.IntN(2) == 0 {
			keep(t, h, dir)
			if left := files(t, dir, ".tmp"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if err := os.Remove(filepath.Join(dir, key.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if temporaries == 0 {
		t.Error("no builder was killed while it wrote")
	}
}

// killBuilder starts a builder and kills it after so many moments.
func killBuilder(t *testing.T, dump, dir string, moments int) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestBuilderProcess$")
	c.Env = append(os.Environ(), "HEAPCAUSE_TEST_DUMP="+dump, "HEAPCAUSE_TEST_INDEX="+dir)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; seen < moments && lines.Scan(); {
		if strings.HasSuffix(lines.Text(), "moment") {
			seen++
		}
	}
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatal("the builder ended by itself")
	}
}

func files(t *testing.T, dir, ending string) (out []string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if strings.HasSuffix(e.Name(), ending) {
			out = append(out, e.Name())
		}
	}
	return out
}
