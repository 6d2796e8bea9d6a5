// Package livetest starts JVMs for tests.
package livetest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// JDK returns the home of a JDK of this feature release, from JAVA17_HOME and the like, JAVA_HOME or the folder JVM_DIR (/usr/lib/jvm). The
// test is skipped where there is none.
func JDK(t testing.TB, feature int) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("JVMs that run are found on Linux only")
	}
	if testing.Short() {
		t.Skip("starts a JVM")
	}
	folder := os.Getenv("JVM_DIR")
	if folder == "" {
		folder = "/usr/lib/jvm"
	}
	homes, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, home := range append([]string{os.Getenv("JAVA" + strconv.Itoa(feature) + "_HOME"), os.Getenv("JAVA_HOME")}, homes...) {
		b, err := os.ReadFile(filepath.Join(home, "release"))
		if err == nil && strings.Contains(string(b), `JAVA_VERSION="`+strconv.Itoa(feature)+`.`) {
			if _, err := os.Stat(filepath.Join(home, "bin/javac")); err == nil {
				return home
			}
		}
	}
	t.Skipf("no JDK %d", feature)
	return ""
}

// Compile compiles a program of testdata/java/src, which is found from the folder of the test, and returns the folder of its classes.
func Compile(t testing.TB, home, source string) string {
	t.Helper()
	var files []string
	if err := filepath.Walk(source, func(path string, _ os.FileInfo, err error) error {
		if strings.HasSuffix(path, ".java") {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	classes := t.TempDir()
	args := append([]string{"-nowarn", "-Xlint:none", "-XDsuppressNotes", "-encoding", "UTF-8", "-d", classes}, files...)
	if out, err := exec.Command(filepath.Join(home, "bin/javac"), args...).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	return classes
}

// Programs compiles the programs of this package: Fill, whose arguments are MiB to hold and to drop, and Hang, whose threads come to no
// safepoint for seconds once it is compiled. source is the folder of this package as the test sees it.
func Programs(t testing.TB, home, source string) string {
	t.Helper()
	return Compile(t, home, filepath.Join(source, "testdata"))
}

// Start runs a command, java or what starts it, until the end of the test, and returns when it has printed a line that begins with READY.
func Start(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "JAVA_TOOL_OPTIONS=", "JDK_JAVA_OPTIONS=", "_JAVA_OPTIONS=")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "READY") {
			return c
		}
	}
	_ = c.Wait()
	t.Fatalf("%s ended before it was ready:\n%s", name, stderr.String())
	return nil
}

// Small are options of a JVM that starts fast and needs little.
var Small = []string{"-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"}
