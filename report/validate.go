package report

import "fmt"

// Validate checks what the types cannot say: known severities and confidences,
// tables with as many cells as columns, trees in preorder. Renderers rely on it.
func (r *Report) Validate() error {
	for i := range r.Findings {
		if err := r.Findings[i].validate(); err != nil {
			return fmt.Errorf("finding %d: %w", i+1, err)
		}
	}
	for i := range r.Sections {
		if err := r.Sections[i].validate(); err != nil {
			return fmt.Errorf("section %s: %w", r.Sections[i].Name, err)
		}
	}
	if err := validateTree(r.Tree.Rows); err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	if err := validateTree(r.Paths.Rows); err != nil {
		return fmt.Errorf("paths: %w", err)
	}
	return nil
}

func (f *Finding) validate() error {
	if !f.Severity.Valid() {
		return fmt.Errorf("severity %q is not info, warning or error", f.Severity)
	}
	if !f.Confidence.Valid() {
		return fmt.Errorf("confidence %q is not certain, likely or possible", f.Confidence)
	}
	return validateTables(f.Tables)
}

func (s *Section) validate() error {
	names := map[string]bool{}
	for _, t := range s.Tables {
		if t.Name == "" || names[t.Name] {
			return fmt.Errorf("table %q: has no name of its own", t.Title)
		}
		names[t.Name] = true
	}
	for _, t := range s.Trees {
		if t.Name == "" || names[t.Name] {
			return fmt.Errorf("tree %q: has no name of its own", t.Title)
		}
		names[t.Name] = true
		if err := validateTree(t.Nodes.Rows); err != nil {
			return fmt.Errorf("tree %s: %w", t.Name, err)
		}
	}
	return validateTables(s.Tables)
}

func validateTables(tables []Table) error {
	for _, t := range tables {
		for _, row := range t.Rows {
			if len(row) != len(t.Columns) {
				return fmt.Errorf("table %q: a row of %d cells under %d columns", t.Title, len(row), len(t.Columns))
			}
		}
	}
	return nil
}

// validateTree checks that parents come before their children.
func validateTree(nodes []TreeNode) error {
	for i, n := range nodes {
		if n.Parent < -1 || n.Parent >= i {
			return fmt.Errorf("node %d has the parent %d", i+1, n.Parent)
		}
	}
	return nil
}
