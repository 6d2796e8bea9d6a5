// Package openmetrics writes the figures of a report in the OpenMetrics text format 1.0, for a monitoring system that charts builds
// or restarts: heap bytes by what holds them, the largest classes, findings by severity, and the named figures.
package openmetrics

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"heapcause/report"
)

// label is one label of a sample.
type label struct{ name, value string }

// sample is one number of a family.
type sample struct {
	labels []label
	value  int64
}

type writer struct{ *bufio.Writer }

// Write writes the metrics. All are gauges; the same report gives the same bytes.
func Write(out io.Writer, r *report.Report) error {
	w := writer{bufio.NewWriter(out)}
	dump := []label{{"file", r.Dump.File}, {"jvm", r.Dump.JVM}, {"version", r.Tool.Version}}
	w.family("heapcause_dump", "info", "", "The dump and the program that read it.", []sample{{dump, 1}})
	if !r.Dump.Taken.IsZero() {
		w.family("heapcause_dump_taken_seconds", "gauge", "seconds", "When the dump was taken, seconds since 1970.", []sample{{nil, r.Dump.Taken.Unix()}})
	}
	incomplete := int64(0)
	if r.Dump.Incomplete {
		incomplete = 1
	}
	w.family("heapcause_dump_incomplete", "gauge", "", "1 when part of the dump is missing.", []sample{{nil, incomplete}})
	w.retention(r)
	w.classes(r)
	w.findings(r)
	w.figures(r)
	w.WriteString("# EOF\n")
	return w.Flush()
}

func (w writer) retention(r *report.Report) {
	var bytes, objects []sample
	for _, c := range r.Retention.Classes() {
		l := []label{{"strength", c.Name}}
		bytes, objects = append(bytes, sample{l, c.Bytes}), append(objects, sample{l, c.Objects})
	}
	w.family("heapcause_heap_bytes", "gauge", "bytes", "Shallow bytes by the strongest way that holds them.", bytes)
	w.family("heapcause_heap_objects", "gauge", "", "Objects by the strongest way that holds them.", objects)
}

// classes writes the classes of the report's histogram.
func (w writer) classes(r *report.Report) {
	var bytes, instances, retained []sample
	seen := map[string]bool{}
	for _, c := range r.Histogram.Rows {
		l := []label{{"class", c.Name}}
		if c.Loader != "" {
			l = append(l, label{"loader", c.Loader})
		}
		key := c.Name + "\x00" + c.Loader
		if seen[key] {
			continue // two loaders of one name: a series cannot be there twice
		}
		seen[key] = true
		bytes, instances, retained = append(bytes, sample{l, c.Shallow}), append(instances, sample{l, c.Instances}), append(retained, sample{l, c.Retained})
	}
	w.family("heapcause_class_bytes", "gauge", "bytes", "Shallow bytes of the classes with most.", bytes)
	w.family("heapcause_class_instances", "gauge", "", "Instances of the classes with most bytes.", instances)
	w.family("heapcause_class_retained_bytes", "gauge", "bytes", "Bytes freed if all instances of a class went.", retained)
}

func (w writer) findings(r *report.Report) {
	bySeverity := map[report.Severity]int64{}
	type key struct{ rule, severity string }
	byRule, largest := map[key]int64{}, map[key]int64{}
	for i := range r.Findings {
		f := &r.Findings[i]
		k := key{f.Rule, string(f.Severity)}
		bySeverity[f.Severity]++
		byRule[k]++
		largest[k] = max(largest[k], f.Retained)
	}
	var severities []sample
	for _, s := range []report.Severity{report.Error, report.Warning, report.Info} {
		severities = append(severities, sample{[]label{{"severity", string(s)}}, bySeverity[s]})
	}
	w.family("heapcause_findings", "gauge", "", "Findings by severity.", severities)
	keys := make([]key, 0, len(byRule))
	for k := range byRule {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.rule+" "+a.severity, b.rule+" "+b.severity) })
	var counts, retained []sample
	for _, k := range keys {
		l := []label{{"rule", k.rule}, {"severity", k.severity}}
		counts, retained = append(counts, sample{l, byRule[k]}), append(retained, sample{l, largest[k]})
	}
	w.family("heapcause_rule_findings", "gauge", "", "Findings by rule and severity.", counts)
	w.family("heapcause_rule_retained_bytes", "gauge", "bytes", "What the largest finding of a rule retains.", retained)
}

// figures writes each named figure as a family of its own: finalizer.queued is heapcause_finalizer_queued.
func (w writer) figures(r *report.Report) {
	seen := map[string]bool{}
	for _, f := range r.Figures {
		name := "heapcause_" + metricName(f.Name)
		if seen[name] || strings.HasPrefix(f.Name, "heap.") { // heap.* is heapcause_heap_bytes
			continue
		}
		seen[name] = true
		unit := ""
		if f.Unit == "bytes" {
			if unit = "bytes"; !strings.HasSuffix(name, "_bytes") {
				name += "_bytes"
			}
		}
		w.family(name, "gauge", unit, f.Name+", in "+f.Unit+".", []sample{{nil, f.Value}})
	}
}

func metricName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '_'
	}, s)
}

// family writes a metric family; one without samples is left out.
func (w writer) family(name, kind, unit, help string, samples []sample) {
	if len(samples) == 0 {
		return
	}
	fmt.Fprintf(w, "# TYPE %s %s\n", name, kind)
	if unit != "" {
		fmt.Fprintf(w, "# UNIT %s %s\n", name, unit)
	}
	fmt.Fprintf(w, "# HELP %s %s\n", name, escape(help))
	if kind == "info" {
		name += "_info"
	}
	for _, s := range samples {
		w.WriteString(name)
		for i, l := range s.labels {
			w.WriteString([]string{"{", ","}[min(i, 1)])
			fmt.Fprintf(w, `%s="%s"`, l.name, escape(l.value))
		}
		if len(s.labels) > 0 {
			w.WriteByte('}')
		}
		w.WriteString(" " + strconv.FormatInt(s.value, 10) + "\n")
	}
}

// escape writes a text as the format wants it; control characters become spaces.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
