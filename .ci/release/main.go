package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root := flag.String("root", "../..", "the checkout to build")
	dist := flag.String("dist", "", "folder for what is made, emptied before (default: dist in the checkout)")
	version := flag.String("version", "", "version (default: what git describe says)")
	maintainer := flag.String("maintainer", "", "of the Debian packages: 'Name <address>' (default: the author of the commit)")
	only := flag.String("targets", "", "platforms with commas, such as linux/amd64 (default: all)")
	flag.Parse()
	err := release(ctx, *root, *dist, *version, *maintainer, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release makes all that is published and writes it into dist.
func release(ctx context.Context, root, dist, version, maintainer, only string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if dist == "" {
		dist = filepath.Join(root, "dist")
	}
	targets, err := parseTargets(only)
	if err != nil {
		return err
	}
	id, err := identify(ctx, root, version, maintainer)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "heapcause-release-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	b := &builder{ctx: ctx, root: root, dist: dist, tmp: tmp, id: id}
	if err := b.documents(); err != nil {
		return err
	}
	for _, t := range targets {
		fmt.Fprintln(os.Stderr, "release:", t)
		if err := b.publish(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return writeSums(dist)
}

// target is a platform.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

var all = []target{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
}

func parseTargets(only string) ([]target, error) {
	if only == "" {
		return all, nil
	}
	var chosen []target
	for _, name := range strings.Split(only, ",") {
		found := false
		for _, t := range all {
			if t.String() == name {
				chosen, found = append(chosen, t), true
			}
		}
		if !found {
			return nil, fmt.Errorf("-targets %s: one of %v is expected", name, all)
		}
	}
	return chosen, nil
}
