package analyze

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"heapcause/report"
)

// Inspection describes one subject of a heap in figures and tables, whether it is a problem or not.
type Inspection struct {
	Name  string // lower case
	Title string // one line
	Doc   string // what it shows, and where from
	Scans []*Scan
	// Run returns the section; its name and title are filled in.
	Run func(*Pass) (*report.Section, error)
}

// inspect runs the selected inspections.
func (r *run) inspect(ctx context.Context, out *report.Report) error {
	for i, in := range r.opt.Inspections {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.opt.Progress("inspections", int64(i), int64(len(r.opt.Inspections)))
		s, err := in.Run(r.pass(&Rule{Name: in.Name}))
		if err != nil {
			return fmt.Errorf("inspection %s: %w", in.Name, err)
		}
		s.Name, s.Title = in.Name, in.Title
		for _, scan := range in.Scans {
			if why := r.unknown[scan]; why != "" && s.Skipped == "" {
				s.Skipped = why
			}
		}
		out.Sections = append(out.Sections, *s)
	}
	slices.SortStableFunc(out.Sections, func(a, b report.Section) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// ValidateInspections checks names, texts and order of a registry.
func ValidateInspections(all []*Inspection) error {
	last := ""
	for _, in := range all {
		switch {
		case in.Name == "" || strings.ToLower(in.Name) != in.Name || strings.ContainsAny(in.Name, " _,"):
			return fmt.Errorf("inspection %q: a name is lower case", in.Name)
		case in.Name <= last:
			return fmt.Errorf("inspection %s: registered twice or not in the order of names", in.Name)
		case in.Title == "" || strings.HasSuffix(in.Title, ".") || in.Doc == "" || in.Run == nil:
			return fmt.Errorf("inspection %s: it has no title, Doc or Run", in.Name)
		}
		last = in.Name
	}
	return nil
}
