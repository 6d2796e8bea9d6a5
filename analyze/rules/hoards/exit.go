package hoards

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of exit-hook-growth.
var (
	exitFiles = &analyze.Threshold{Name: "files", Default: 10_000, Unit: "files", Doc: "so many files to be deleted at exit are a warning"}
	exitHooks = &analyze.Threshold{Name: "hooks", Default: 1000, Unit: "hooks", Doc: "so many shutdown hooks are a warning"}
)

// ExitHooks finds what is kept until the JVM exits.
var ExitHooks = &analyze.Rule{
	Name:  "exit-hook-growth",
	Title: "Files to delete at exit, or shutdown hooks, pile up",
	Doc: `File.deleteOnExit() notes the path in a set that only grows: deleting the file does not take it out again. Runtime.addShutdownHook() keeps a
thread, its context class loader and all that it refers to until the JVM exits. In a server that is: for ever.

Recognised by the static java.io.DeleteOnExitHook.files (a LinkedHashSet of paths) and java.lang.ApplicationShutdownHooks.hooks (a map of
threads). A warning from 10,000 files or 1,000 hooks.

Delete temporary files when they are no longer needed (Files.deleteIfExists in a finally block, or try-with-resources), and do not call
deleteOnExit for each. Register one shutdown hook that knows what to close, and take it away with Runtime.removeShutdownHook.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{exitFiles, exitHooks},
	Run:        runExit,
}

func runExit(p *analyze.Pass) error {
	r := jdk.NewReader(p.Heap)
	files := p.Heap.StaticRef("java.io.DeleteOnExitHook", "files")
	if n, ok := r.Size(files); ok && n >= p.Count(exitFiles) {
		exitFinding(p, files, n, "files are to be deleted when the JVM exits", "File.deleteOnExit",
			"Delete temporary files when they are no longer needed (Files.deleteIfExists in finally) instead of calling File.deleteOnExit for each.")
	} else if !ok && files != graph.NoObject {
		p.Abstain("unknown version of java.io.DeleteOnExitHook: files is no collection that is known")
	}
	hooks := p.Heap.StaticRef("java.lang.ApplicationShutdownHooks", "hooks")
	if n, ok := r.Size(hooks); ok && n >= p.Count(exitHooks) {
		exitFinding(p, hooks, n, "shutdown hooks are registered", "Runtime.addShutdownHook",
			"Register one shutdown hook for all that is to be closed, or remove it with Runtime.removeShutdownHook when its owner is closed.")
	} else if !ok && hooks != graph.NoObject {
		p.Abstain("unknown version of java.lang.ApplicationShutdownHooks: hooks is no map that is known")
	}
	return nil
}

func exitFinding(p *analyze.Pass, at graph.Object, n int64, what, method, fix string) {
	retained := p.Heap.Retained(at)
	p.ReportAt(report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Objects: n,
		Title:     fmt.Sprintf("%s %s; %s", analyze.Number(n), what, p.Of(retained)),
		Story:     report.Rows[string]{"Nothing takes them out before the JVM exits."},
		Facts:     report.Rows[report.Fact]{analyze.Fact("registered by "+method, report.Count(n))},
		Fix:       report.Rows[string]{fix},
		Falsifier: "Their number does not grow in a later dump.",
	}, at)
}
