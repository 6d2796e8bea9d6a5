package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// allPlatforms is for make release-check: it takes minutes where nothing is built yet.
var allPlatforms = flag.Bool("all", false, "make all platforms, and once from an empty build cache")

// made is one release that tests share, and the checkout that it was made from.
var made struct{ root, dist string }

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		tmp, err := os.MkdirTemp("", "heapcause-release-test-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(tmp)
		made.root, made.dist = filepath.Join(tmp, "a"), filepath.Join(tmp, "dist")
		return m.Run()
	}())
}

// platforms are those of this run.
func platforms() string {
	if *allPlatforms {
		return ""
	}
	return "linux/amd64"
}

// published makes the release once, from a clean clone of the commit.
func published(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(made.dist, "SHA256SUMS")); err == nil {
		return made.dist
	}
	clone(t, made.root)
	if err := release(t.Context(), made.root, made.dist, "", "", platforms()); err != nil {
		t.Fatal(err)
	}
	return made.dist
}

// clone makes a clean checkout of the commit that is checked out here.
func clone(t *testing.T, to string) {
	t.Helper()
	here := repository(t)
	run(t, here, nil, "git", "clone", "-q", "--no-checkout", here, to)
	run(t, to, nil, "git", "checkout", "-q", "--detach", run(t, here, nil, "git", "rev-parse", "HEAD"))
}

// repository is the root of this checkout; a test that needs its commit is skipped where there is none.
func repository(t *testing.T) string {
	t.Helper()
	root, err := output(context.Background(), ".", nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		t.Skip("no git repository: ", err)
	}
	return root
}

// run runs a program that must succeed.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	if env != nil {
		c.Env = append(os.Environ(), env...)
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, out)
	}
	return strings.TrimSpace(string(out))
}

// only returns the one published file that matches.
func only(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(published(t), pattern))
	if len(found) != 1 {
		t.Fatalf("%s: %q", pattern, found)
	}
	return found[0]
}

// TestReproducible makes a release again, in another place under another name, with another clock, umask and locale: all bytes are the same.
func TestReproducible(t *testing.T) {
	first := published(t)
	again := filepath.Join(t.TempDir(), "another name", "for the checkout")
	clone(t, again)
	t.Setenv("TZ", "Pacific/Auckland")
	t.Setenv("LC_ALL", "C")
	t.Setenv("GOFLAGS", "-trimpath=false -ldflags=-compressdwarf=false")
	if *allPlatforms {
		t.Setenv("GOCACHE", filepath.Join(t.TempDir(), "cache"))
	}
	second := filepath.Join(again, "dist")
	if err := release(t.Context(), again, second, "", "", platforms()); err != nil {
		t.Fatal(err)
	}
	same(t, first, second)
}

// same compares the files of two folders.
func same(t *testing.T, a, b string) {
	t.Helper()
	names := func(dir string) []string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	if x, y := names(a), names(b); strings.Join(x, " ") != strings.Join(y, " ") {
		t.Fatalf("files %q and %q", x, y)
	}
	for _, name := range names(a) {
		x, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s differs: %d and %d bytes", name, len(x), len(y))
		}
	}
}

// TestChangedTree: nobody could make the bytes of a changed tree again.
func TestChangedTree(t *testing.T) {
	root := filepath.Join(t.TempDir(), "clone")
	clone(t, root)
	if err := os.WriteFile(filepath.Join(root, "README.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dist := filepath.Join(t.TempDir(), "dist")
	err := release(t.Context(), root, dist, "", "", "linux/amd64")
	if err == nil || !strings.Contains(err.Error(), "README.md") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dist); err == nil {
		t.Error("something was made")
	}
}

// TestDebianVersion: dpkg orders versions as they came to be.
func TestDebianVersion(t *testing.T) {
	at := time.Date(2026, 11, 26, 1, 0, 0, 0, time.UTC)
	before := ""
	for _, c := range [][2]string{
		{"c4d3aa37a0e8", "0~20261126.gc4d3aa37a0e8"},
		{"v0.1.0", "0.1.0"},
		{"v1.0.0-rc.1", "1.0.0~rc.1"},
		{"v1.0.0-rc.1-3-gabcdef123456", "1.0.0~rc.1+3.gabcdef123456"},
		{"v1.0.0-rc.2", "1.0.0~rc.2"},
		{"1.0.0", "1.0.0"},
		{"v1.0.0-9-gabcdef123456", "1.0.0+9.gabcdef123456"},
		{"v1.0.0-12-g0abcdef12345", "1.0.0+12.g0abcdef12345"},
		{"v1.0.1", "1.0.1"},
	} {
		got, err := debianVersion(c[0], at)
		if err != nil || got != c[1] {
			t.Errorf("%s: %s, %v; want %s", c[0], got, err, c[1])
		}
		if _, err := exec.LookPath("dpkg"); err == nil && before != "" {
			run(t, ".", nil, "dpkg", "--compare-versions", before, "lt", got)
		}
		before = got
	}
	if got, err := debianVersion("main; rm -rf /", at); err == nil {
		t.Errorf("accepted: %s", got)
	}
}
