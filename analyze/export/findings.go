package export

import (
	"context"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// findings runs the rules and writes what they find.
func (e *exporter) findings(ctx context.Context) error {
	if !e.wants(Findings) {
		return nil
	}
	opt := e.opt.Analysis
	opt.NoPaths, opt.Inspections = true, nil
	r, err := analyze.Run(ctx, e.h, opt)
	if err != nil {
		return err
	}
	return small(e, Findings, func(add func(findingRow)) {
		for i := range r.Findings {
			f := &r.Findings[i]
			add(findingRow{
				Rule: f.Rule, Severity: string(f.Severity), Confidence: string(f.Confidence), Signature: f.Signature, Headline: valid(f.Title),
				Retained: f.Retained, Share: f.RetainedShare, Objects: f.Objects, Class: valid(classOf(f)), Fix: valid(strings.Join(f.Fix, "\n")),
			})
		}
	})
}

// classOf names the class of what a finding is about: of its first evidence, else of where its objects pile up.
func classOf(f *report.Finding) string {
	if len(f.Evidence.Rows) > 0 {
		return f.Evidence.Rows[0].Class
	}
	if f.Accumulation != nil {
		return f.Accumulation.Class
	}
	return ""
}

// dump writes the row of the dump.
func (e *exporter) dump(context.Context) error {
	h := e.h
	r := analyze.Header(h, e.opt.Analysis)
	row := dumpRow{
		File: valid(e.opt.File), JavaVersion: valid(h.JavaVersion()), VM: valid(vmName(h)), IDSize: int32(h.File().IDSize),
		Objects: h.NumObjects(), Classes: r.Counts.Classes, Bytes: r.Counts.Bytes,
		StrongBytes: r.Retention.Strong.Bytes, SoftBytes: r.Retention.Soft.Bytes, FinalizerBytes: r.Retention.Finalizer.Bytes,
		WeakBytes: r.Retention.Weak.Bytes, PhantomBytes: r.Retention.Phantom.Bytes, UnreachableBytes: r.Retention.Unreachable.Bytes,
		Incomplete: r.Dump.Incomplete, References: r.Settings.References, HeapcauseVersion: e.opt.Analysis.ToolVersion, Labels: map[string]string{},
	}
	if t := h.File().Time; !t.IsZero() {
		row.TakenAt = t.UnixMilli()
	}
	for k, v := range e.opt.Labels {
		row.Labels[valid(k)] = valid(v)
	}
	return small(e, Dumps, func(add func(dumpRow)) { add(row) })
}

// vmName reads the system property java.vm.name, "" where the dump lacks it.
func vmName(h *graph.Heap) (vm string) {
	r := jdk.NewReader(h)
	for _, static := range [][2]string{{"java.lang.System", "props"}, {"jdk.internal.misc.VM", "savedProps"}} {
		props := h.StaticRef(static[0], static[1])
		if props == graph.NoObject {
			continue
		}
		r.Entries(props, func(k, v graph.Object) bool {
			if name, _ := h.Text(k, maxName); name == "java.vm.name" {
				vm, _ = h.Text(v, maxName)
			}
			return vm == ""
		})
	}
	return vm
}
