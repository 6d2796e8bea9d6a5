// Package inspect lists the inspections, each of which is in the package of its subject.
package inspect

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/inspect/arrays"
	"heapcause/analyze/inspect/buffers"
	"heapcause/analyze/inspect/collections"
	"heapcause/analyze/inspect/finalizers"
	"heapcause/analyze/inspect/references"
	"heapcause/analyze/inspect/system"
	"heapcause/analyze/inspect/texts"
	"heapcause/analyze/inspect/threads"
	"heapcause/analyze/inspect/unreachable"
	"heapcause/analyze/rules/loaders"
)

// All returns all inspections, by name.
func All() []*analyze.Inspection {
	all := []*analyze.Inspection{
		collections.Inspection,
		buffers.Inspection,
		finalizers.Inspection,
		loaders.Inspection,
		references.Inspection,
		arrays.Inspection,
		texts.Inspection,
		threads.Inspection,
		system.Inspection,
		unreachable.Inspection,
	}
	slices.SortFunc(all, func(a, b *analyze.Inspection) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Select returns the inspections that an argument names: "none", "all", or names with commas.
func Select(arg string) ([]*analyze.Inspection, error) {
	all := All()
	switch arg {
	case "none":
		return nil, nil
	case "all":
		return all, nil
	}
	var out []*analyze.Inspection
	for name := range strings.SplitSeq(arg, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(in *analyze.Inspection) bool { return in.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown inspection %q: there are %s", name, strings.Join(Names(), ", "))
		}
		if !slices.Contains(out, all[i]) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// Names returns the names of all inspections.
func Names() []string {
	var out []string
	for _, in := range All() {
		out = append(out, in.Name)
	}
	return out
}
