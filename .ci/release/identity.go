package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// identity is what a release says of itself: all of it comes from the commit.
type identity struct {
	Version    string    // as heapcause prints it: v1.2.3
	Number     string    // in the names of files: 1.2.3
	Debian     string    // as dpkg orders versions: 1.2.3~rc.1 before 1.2.3
	Time       time.Time // of the commit; all times in files are this one
	Maintainer string
}

// identify asks git, unless version and SOURCE_DATE_EPOCH are given. A changed tree is refused: nobody could make its bytes again.
func identify(ctx context.Context, root, version, maintainer string) (identity, error) {
	id := identity{Version: version, Maintainer: maintainer}
	if changes, err := git(ctx, root, "status", "--porcelain"); err == nil && changes != "" {
		return id, fmt.Errorf("the tree is not that of a commit:\n%s", changes)
	}
	var err error
	if id.Version == "" {
		if id.Version, err = git(ctx, root, "describe", "--tags", "--always", "--abbrev=12"); err != nil {
			return id, fmt.Errorf("no -version: %w", err)
		}
	}
	if id.Time, err = epoch(ctx, root); err != nil {
		return id, err
	}
	if id.Maintainer == "" {
		if id.Maintainer, err = git(ctx, root, "log", "-1", "--format=%an <%ae>"); err != nil {
			return id, fmt.Errorf("no -maintainer: %w", err)
		}
	}
	id.Number = strings.TrimPrefix(id.Version, "v")
	id.Debian, err = debianVersion(id.Version, id.Time)
	return id, err
}

// epoch is the time of the commit, or SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).
func epoch(ctx context.Context, root string) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		var err error
		if text, err = git(ctx, root, "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, fmt.Errorf("no SOURCE_DATE_EPOCH: %w", err)
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q: not a number of seconds", text)
	}
	return time.Unix(n, 0).UTC(), nil
}

// described are the forms of git describe: a tag, maybe a pre-release, and how many commits follow it.
var (
	described  = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.]+?))?(?:-(\d+)-g([0-9a-f]+))?$`)
	commitOnly = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
)

// debianVersion turns a version into one that dpkg orders as it is meant: 1.2.3~rc.1, 1.2.3, 1.2.3+5.gabc.
func debianVersion(version string, at time.Time) (string, error) {
	if commitOnly.MatchString(version) { // no tag yet: before any of them
		return "0~" + at.Format("20060102") + ".g" + version, nil
	}
	m := described.FindStringSubmatch(version)
	if m == nil {
		return "", fmt.Errorf("version %q: expected a form of v1.2.3, v1.2.3-rc.1 or v1.2.3-5-gabcdef", version)
	}
	v := m[1]
	if m[2] != "" {
		v += "~" + m[2]
	}
	if m[3] != "" {
		v += "+" + m[3] + ".g" + m[4]
	}
	return v, nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	return output(ctx, root, nil, "git", args...)
}

// output runs a program in a folder and returns what it printed, without the last line break.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	if env != nil {
		c.Env = env
	}
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return strings.TrimRight(string(out), "\n"), err
}
