package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/graph/index"
)

func (a *app) indexCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "index DUMP | --list | --clean [DUMP…]",
		Short: "Keep the graph of a dump on disk, list what is kept, or remove it",
		Long: `Builds the index of a dump, so that commands on it begin at once; one that is valid stays as it is.
Indexes are files in the user's cache folder, or in --index-dir. --list shows them and whether their
dumps are still the same; --clean removes them: all, those of the dumps named, those older than a
time.`,
		Example: `  heapcause index app.hprof
  heapcause index --list
  heapcause index --clean --older-than 30d`,
		RunE: func(c *cobra.Command, args []string) error { return a.index(c, args) },
	}
	a.commonFlags(c, "text", "json")
	f := c.Flags()
	a.variantFlags(c)
	a.indexDirFlag(c)
	f.BoolVar(&a.f.list, "list", false, "list the indexes")
	f.BoolVar(&a.f.clean, "clean", false, "remove indexes")
	f.StringVar(&a.f.olderThan, "older-than", "", "with --clean: only indexes written that long ago or longer, as 30d or 12h")
	return c
}

func (a *app) index(c *cobra.Command, args []string) error {
	if err := a.check("text", "json"); err != nil {
		return err
	}
	if err := a.checkVariant(); err != nil {
		return err
	}
	age, err := parseAge(a.f.olderThan)
	switch {
	case err != nil:
		return err
	case a.f.list && a.f.clean:
		return errors.New("--list and --clean exclude each other")
	case a.f.olderThan != "" && !a.f.clean:
		return &hintError{errors.New("--older-than goes with --clean"), "heapcause index --clean --older-than " + a.f.olderThan}
	case a.f.list && len(args) > 0:
		return errors.New("--list takes no dump")
	}
	dir, err := a.indexDir()
	if err != nil {
		return &hintError{err, "name a folder with --index-dir"}
	}
	switch {
	case a.f.list:
		return a.listIndexes(dir)
	case a.f.clean:
		return a.cleanIndexes(dir, args, age)
	}
	if err := oneDump(c, args); err != nil {
		return err
	}
	return a.makeIndex(c.Context(), args[0])
}

// parseAge reads a duration that may be in days.
func parseAge(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, &hintError{fmt.Errorf("--older-than %s: is no time", s), "30d is thirty days, 12h twelve hours"}
	}
	return d, nil
}

// madeJSON is the output of index DUMP -f json.
type madeJSON struct {
	Path    string  `json:"path"`
	Bytes   int64   `json:"bytes"`
	Objects int64   `json:"objects"`
	Classes int64   `json:"classes"`
	Built   bool    `json:"built"`
	Seconds float64 `json:"seconds"`
}

// makeIndex builds the index of a dump where there is no valid one.
func (a *app) makeIndex(ctx context.Context, path string) error {
	stream, err := checkDump(path, a.f.output)
	if err != nil {
		return err
	}
	if stream {
		return errStreamIndex
	}
	a.f.index = "always"
	if err := a.checkIndexDir(); err != nil {
		return err
	}
	x, err := a.indexOf(path)
	if err != nil {
		return err
	}
	begun := time.Now()
	made := madeJSON{Path: x.path}
	old, err := index.Open(x.path, &x.key)
	if err == nil {
		err = old.Verify()
		made.Bytes, made.Objects, made.Classes = old.Size, old.Objects, old.Classes
		_ = old.Close()
	}
	if err != nil {
		if errors.Is(err, index.ErrUnusable) {
			fmt.Fprintf(a.stderr, "heapcause: the index %s is built again: %s\n", x.path, index.Reason(err))
		}
		p := a.progress()
		defer p.clear()
		h, done, err := a.build(ctx, path, p, false)
		if err != nil {
			return err
		}
		defer done()
		size, err := a.writeIndex(ctx, h, x)
		if err != nil {
			return fmt.Errorf("the index of %s: %w", path, err)
		}
		p.clear()
		warn(a.stderr, h.NumObjects(), h.Problems())
		made.Built, made.Bytes, made.Objects, made.Classes = true, size, h.NumObjects(), int64(h.NumClasses())
	}
	made.Seconds = time.Since(begun).Seconds()
	err = a.write(func(w io.Writer) error {
		if a.f.format == "json" {
			return writeJSON(w, made)
		}
		state := "is up to date"
		if made.Built {
			state = fmt.Sprintf("built in %.1f s", made.Seconds)
		}
		_, err := fmt.Fprintf(w, "%s: %s, %s objects, %s\n", made.Path, humanize.IBytes(uint64(made.Bytes)), humanize.Comma(made.Objects), state)
		return err
	})
	if err == nil {
		a.printTiming()
	}
	return err
}

// entryJSON is an index in the output of index --list and --clean -f json.
type entryJSON struct {
	Path       string    `json:"path"`
	Bytes      int64     `json:"bytes"`
	Written    time.Time `json:"written"`
	Dump       string    `json:"dump"`
	DumpBytes  int64     `json:"dumpBytes"`
	Objects    int64     `json:"objects"`
	Classes    int64     `json:"classes"`
	References string    `json:"references"`
	Version    int       `json:"version"`
	Usable     bool      `json:"usable"`
	Problem    string    `json:"problem"`
}

func entries(es []index.Entry) []entryJSON {
	out := make([]entryJSON, len(es))
	for i, e := range es {
		refs := e.Info.Variant
		if refs == "" {
			refs = "default"
		}
		out[i] = entryJSON{
			e.Path, e.Size, e.Written.UTC(), e.Info.Dump, e.Info.Size, e.Info.Objects, e.Info.Classes, refs, e.Version,
			e.Problem == "", e.Problem,
		}
	}
	return out
}

func (a *app) listIndexes(dir string) error {
	es, err := index.List(dir)
	if err != nil {
		return err
	}
	return a.write(func(out io.Writer) error {
		if a.f.format == "json" {
			return writeJSON(out, struct {
				Folder  string      `json:"folder"`
				Indexes []entryJSON `json:"indexes"`
			}{dir, entries(es)})
		}
		w := bufio.NewWriter(out)
		fmt.Fprintf(w, "%s: %d indexes\n", dir, len(es))
		if len(es) > 0 {
			fmt.Fprintf(w, "%10s  %-15s %14s  %7s  %-38s %s\n", "size", "written", "objects", "version", "state", "dump")
		}
		for _, e := range es {
			state, dump := e.Problem, e.Info.Dump
			if state == "" {
				state = "valid"
			}
			if dump == "" {
				dump = filepath.Base(e.Path)
			}
			fmt.Fprintf(w, "%10s  %-15s %14s  %7d  %-38s %s\n", humanize.IBytes(uint64(e.Size)), humanize.Time(e.Written),
				humanize.Comma(e.Info.Objects), e.Version, state, clean(dump))
		}
		return w.Flush()
	})
}

// cleanIndexes removes the indexes of the dumps, all when there are none, that are that old.
func (a *app) cleanIndexes(dir string, dumps []string, age time.Duration) error {
	var paths []string
	for _, d := range dumps {
		abs, err := filepath.Abs(d)
		if err != nil {
			return err
		}
		paths = append(paths, abs)
	}
	now := time.Now()
	gone, err := index.Clean(dir, func(e *index.Entry) bool {
		return now.Sub(e.Written) >= age && (len(paths) == 0 || slices.Contains(paths, e.Info.Dump))
	})
	if err != nil {
		return err
	}
	bytes := int64(0)
	for _, e := range gone {
		bytes += e.Size
	}
	return a.write(func(w io.Writer) error {
		if a.f.format == "json" {
			return writeJSON(w, struct {
				Removed []entryJSON `json:"removed"`
				Bytes   int64       `json:"bytes"`
			}{entries(gone), bytes})
		}
		for _, e := range gone {
			fmt.Fprintln(w, clean(e.Path))
		}
		_, err := fmt.Fprintf(w, "%d removed, %s\n", len(gone), humanize.IBytes(uint64(bytes)))
		return err
	})
}
