package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// builder makes one release.
type builder struct {
	ctx  context.Context
	root string // the checkout
	dist string
	tmp  string
	id   identity
	docs []file // the same on all platforms
}

// file is one in an archive or package: where it goes, where it lies now, and its mode.
type file struct {
	name, source string
	mode         os.FileMode
}

// publish makes everything of one platform.
func (b *builder) publish(t target) error {
	binary := filepath.Join(b.tmp, t.os+"_"+t.arch, t.binary())
	if err := b.build(t, binary); err != nil {
		return err
	}
	modules, err := b.modules(t, binary)
	if err != nil {
		return err
	}
	if err := b.writeBOM(t, binary, modules); err != nil {
		return err
	}
	notices, err := b.writeNotices(t, modules)
	if err != nil {
		return err
	}
	if err := b.archive(t, binary, notices); err != nil || t.os != "linux" {
		return err
	}
	return b.debian(t, binary, modules)
}

func (t target) binary() string {
	if t.os == "windows" {
		return "heapcause.exe"
	}
	return "heapcause"
}

// base is the beginning of the names of a platform's files.
func (b *builder) base(t target) string {
	return "heapcause_" + b.id.Number + "_" + t.os + "_" + t.arch
}

// build compiles heapcause as make build does, whatever the caller's environment says. Go's stamp of the commit is left out: a work
// tree or an unpacked source would lack it, and be other bytes.
func (b *builder) build(t target, binary string) error {
	_, err := output(b.ctx, b.root, goEnv(t), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+b.id.Version, "-o", binary, "./cmd/heapcause")
	return err
}

// goEnv is the environment of Go for a platform. What would change the bytes is set, caches and proxies are left alone.
func goEnv(t target) []string {
	var env []string
	for _, e := range os.Environ() {
		switch name, _, _ := strings.Cut(e, "="); {
		case name == "GOFLAGS", name == "GOWORK", name == "GOEXPERIMENT", name == "GOFIPS140", name == "GODEBUG", name == "CGO_ENABLED":
		case name == "GOOS", name == "GOARCH", name == "GOAMD64", name == "GOARM64":
		default:
			env = append(env, e)
		}
	}
	return append(env, "GOFLAGS=", "GOENV=off", "GOWORK=off", "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0")
}

// documents makes what is the same on all platforms: manual pages, completions, and the pages of the checkout.
func (b *builder) documents() error {
	host := target{runtime.GOOS, runtime.GOARCH}
	binary := filepath.Join(b.tmp, "host", host.binary())
	if err := b.build(host, binary); err != nil {
		return err
	}
	for _, dir := range []string{"man/man1", "completions"} {
		if err := os.MkdirAll(filepath.Join(b.tmp, dir), 0o755); err != nil {
			return err
		}
	}
	env := append(os.Environ(), "SOURCE_DATE_EPOCH="+b.id.epoch())
	if _, err := output(b.ctx, b.tmp, env, binary, "man", "man/man1"); err != nil {
		return err
	}
	for shell, name := range completionFiles {
		script, err := output(b.ctx, b.tmp, nil, binary, "completion", shell)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(b.tmp, "completions", name), []byte(script+"\n"), 0o644); err != nil {
			return err
		}
	}
	return b.collect()
}

// completionFiles are the names under which shells look for completions.
var completionFiles = map[string]string{"bash": "heapcause.bash", "zsh": "_heapcause", "fish": "heapcause.fish", "powershell": "heapcause.ps1"}

// collect lists the documents of archives, by name.
func (b *builder) collect() error {
	for _, name := range []string{"CHANGELOG.md", "LICENSE", "README.md"} {
		b.docs = append(b.docs, file{name, filepath.Join(b.root, name), 0o644})
	}
	for from, pattern := range map[string]string{b.tmp: "completions/*", b.root: "docs/*.md"} {
		if err := b.glob(from, pattern); err != nil {
			return err
		}
	}
	if err := b.glob(b.root, "docs/rules/*.md"); err != nil {
		return err
	}
	return b.glob(b.tmp, "man/man1/*.1")
}

func (b *builder) glob(from, pattern string) error {
	found, err := filepath.Glob(filepath.Join(from, pattern))
	for _, source := range found {
		name, _ := filepath.Rel(from, source)
		b.docs = append(b.docs, file{filepath.ToSlash(name), source, 0o644})
	}
	return err
}
