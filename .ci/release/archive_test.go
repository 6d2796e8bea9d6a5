package main

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unpacked unpacks the archive of a platform and returns where a file of it is.
func unpacked(t *testing.T, platform, name string) string {
	t.Helper()
	dir := t.TempDir()
	if strings.HasPrefix(platform, "windows") {
		run(t, dir, nil, "unzip", "-q", only(t, "*_"+platform+".zip"))
	} else {
		run(t, dir, nil, "tar", "-xzf", only(t, "*_"+platform+".tar.gz"))
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*", name))
	if len(found) != 1 {
		t.Fatalf("%s in the archive of %s: %q", name, platform, found)
	}
	return found[0]
}

// TestArchive: all is there under one folder, the checksums hold, links of the pages lead somewhere, and the binary runs.
func TestArchive(t *testing.T) {
	run(t, published(t), nil, "sha256sum", "--check", "--strict", "SHA256SUMS")
	binary := unpacked(t, "linux_amd64", "heapcause")
	dir := filepath.Dir(binary)
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "docs/rules/README.md", "man/man1/heapcause-analyze.1", "completions/_heapcause", "completions/heapcause.bash", "completions/heapcause.fish", "completions/heapcause.ps1"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	notices, err := os.ReadFile(filepath.Join(dir, "THIRD-PARTY-NOTICES"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"github.com/spf13/cobra", "Copyright 2009 The Go Authors", "Copyright (c) 2016 Caleb Spare"} {
		if !strings.Contains(string(notices), want) {
			t.Errorf("the notices do not name %s", want)
		}
	}
	version := run(t, made.root, nil, "git", "describe", "--tags", "--always", "--abbrev=12")
	if got := run(t, dir, nil, binary, "version"); got != "heapcause "+version {
		t.Errorf("it says %q", got)
	}
	if filepath.Base(dir) != "heapcause_"+strings.TrimPrefix(version, "v")+"_linux_amd64" {
		t.Errorf("folder %s", dir)
	}
	run(t, made.root, nil, "make", "build")
	built, err := hashOf(filepath.Join(made.root, "bin/heapcause"))
	if packed, _ := hashOf(binary); err != nil || built != packed {
		t.Errorf("make build makes another binary: %v", err)
	}
	testShells(t, filepath.Join(dir, "completions"))
}

// testShells has the shells that are here read their completions.
func testShells(t *testing.T, dir string) {
	for shell, args := range map[string][]string{
		"bash": {"-n", "heapcause.bash"}, "zsh": {"-n", "_heapcause"}, "fish": {"--no-execute", "heapcause.fish"},
	} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s: its completion was not read", shell)
			continue
		}
		run(t, dir, nil, shell, args...)
	}
}

var pageLink = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinks: pages of the archive refer to nothing that it leaves out, but for the sources.
func TestLinks(t *testing.T) {
	dir := filepath.Dir(unpacked(t, "linux_amd64", "heapcause"))
	sources := regexp.MustCompile(`(^|/)(ARCHITECTURE\.md$|testdata/|analyze/|cmd/|graph/|hprof/|report/|\.ci/)`)
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/rules/*.md"} {
		pages, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range pageLink.FindAllStringSubmatch(string(text), -1) {
				if sources.MatchString(link[1]) {
					continue
				}
				if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
					t.Errorf("%s: %s is not in the archive", filepath.Base(page), link[1])
				}
			}
		}
	}
}

// TestPlatforms looks at the binaries of all platforms; those that can be started here are.
func TestPlatforms(t *testing.T) {
	if !*allPlatforms {
		t.Skip("-all makes them")
	}
	for _, c := range []struct {
		platform string
		machine  func(path string) (any, error)
		want     any
	}{
		{"linux_amd64", elfMachine, elf.EM_X86_64},
		{"linux_arm64", elfMachine, elf.EM_AARCH64},
		{"darwin_amd64", machoMachine, macho.CpuAmd64},
		{"darwin_arm64", machoMachine, macho.CpuArm64},
		{"windows_amd64", peMachine, uint16(pe.IMAGE_FILE_MACHINE_AMD64)},
		{"windows_arm64", peMachine, uint16(pe.IMAGE_FILE_MACHINE_ARM64)},
	} {
		name := "heapcause"
		if strings.HasPrefix(c.platform, "windows") {
			name += ".exe"
		}
		binary := unpacked(t, c.platform, name)
		if got, err := c.machine(binary); err != nil || got != c.want {
			t.Errorf("%s: machine %v, %v", c.platform, got, err)
		}
		only(t, "*_"+c.platform+".cdx.json")
	}
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Log("no qemu-aarch64-static: the binary for linux/arm64 was not started")
		return
	}
	arm := unpacked(t, "linux_arm64", "heapcause")
	demo := filepath.Join(made.root, "testdata/demo.hprof.gz")
	if out := run(t, ".", nil, qemu, arm, "analyze", "--quiet", demo); !strings.Contains(out, "timer-queue-backlog") {
		t.Errorf("linux/arm64 says\n%s", out)
	}
}

// elfMachine also refuses a binary that asks for an interpreter: it would not be static.
func elfMachine(path string) (any, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "not static", nil
		}
	}
	return f.Machine, nil
}

func machoMachine(path string) (any, error) {
	f, err := macho.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Cpu, nil
}

func peMachine(path string) (any, error) {
	f, err := pe.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Machine, nil
}
