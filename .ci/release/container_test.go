package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// instructions are those of a container file, with continued lines joined.
func instructions(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// image does what a container engine would: it runs the steps of the first stage in the checkout, and copies into an empty root.
// Every instruction is known here, so that the file cannot say more than is tested.
func image(t *testing.T, file string, checkout string) (root string, user string, entry string) {
	t.Helper()
	root = t.TempDir()
	env := []string{}
	for _, line := range instructions(t, file) {
		name, rest, _ := strings.Cut(line, " ")
		switch name {
		case "ARG":
			if variable, _, _ := strings.Cut(rest, "="); variable != "GO_VERSION" {
				env = append(env, variable+"=")
			}
		case "FROM", "CMD":
		case "WORKDIR":
			if rest != "/src" {
				t.Fatal(line)
			}
		case "RUN":
			run(t, checkout, env, "sh", "-euc", rest)
		case "COPY":
			switch rest {
			case ". .": // the checkout is there
			case "--from=build /src/image/ /":
				run(t, checkout, nil, "cp", "-a", "image/.", root)
			default:
				t.Fatal(line)
			}
		case "USER":
			user = rest
		case "ENTRYPOINT":
			entry = strings.Trim(rest, `[]"`)
		default:
			t.Fatalf("unknown instruction: %s", line)
		}
	}
	return root, user, entry
}

// TestContainer runs the program where the image has it and nothing else: without shell, libc, /proc and /dev, as nobody's user.
func TestContainer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("another root folder is for root alone")
	}
	checkout := filepath.Join(t.TempDir(), "src")
	clone(t, checkout)
	root, user, entry := image(t, filepath.Join(repository(t), ".ci/container/Containerfile"), checkout)
	if user != "65532:65532" || entry != "/usr/bin/heapcause" {
		t.Fatalf("user %s, entry %s", user, entry)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := unpacked(t, "linux_amd64", "heapcause")
	if a, _ := hashOf(binary); a != must(hashOf(filepath.Join(root, entry))) {
		t.Error("the image has another binary than the archive")
	}
	if err := os.Mkdir(filepath.Join(root, "dumps"), 0o755); err != nil { // as a mounted volume
		t.Fatal(err)
	}
	run(t, checkout, nil, "cp", "testdata/demo.hprof.gz", filepath.Join(root, "dumps"))
	inside := func(args ...string) (stdout, stderr string, code int) {
		var out, errs bytes.Buffer
		c := exec.Command(entry, args...)
		c.Dir, c.Env, c.Stdout, c.Stderr = "/", []string{}, &out, &errs
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		err := c.Run()
		if c.ProcessState == nil {
			t.Fatal(err)
		}
		return out.String(), errs.String(), c.ProcessState.ExitCode()
	}
	if out, errs, code := inside("version"); code != 0 || !strings.HasPrefix(out, "heapcause ") {
		t.Errorf("version: %d, %q, %q", code, out, errs)
	}
	out, errs, code := inside("/dumps/demo.hprof.gz")
	if code != 0 || !strings.Contains(out, "timer-queue-backlog") {
		t.Errorf("analyze: %d, %s%s", code, out, errs)
	}
	if _, errs, code := inside("/dumps/demo.hprof.gz", "-o", "/tmp/report.html"); code != 0 {
		t.Errorf("-o /tmp/report.html: %d, %s", code, errs)
	}
	if left, _ := os.ReadDir(filepath.Join(root, "tmp")); len(left) != 1 {
		t.Errorf("left in /tmp: %v", left)
	}

	// Without a folder to write to it says so, and what to do.
	if err := os.RemoveAll(filepath.Join(root, "tmp")); err != nil {
		t.Fatal(err)
	}
	_, errs, code = inside("/dumps/demo.hprof.gz")
	t.Logf("without /tmp: exit code %d: %s", code, errs)
	if code != 0 && !strings.Contains(errs, "--temp-dir names a folder that this user may write to") {
		t.Errorf("without /tmp: %d, %s", code, errs)
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}
