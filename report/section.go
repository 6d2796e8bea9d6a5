package report

// Section is what one inspection says of the dump: figures and tables on one subject, whether it is a problem or not.
type Section struct {
	// Name is the name of the inspection, such as "threads".
	Name  string `json:"name"`
	Title string `json:"title"`
	// Summary is one sentence with the figures that matter most; names but no contents of the dump.
	Summary string `json:"summary"`
	// Facts are figures, in the order to be read. Labels are stable.
	Facts Rows[Fact] `json:"facts"`
	// Tables break the subject down; each has a Name.
	Tables Rows[Table] `json:"tables"`
	// Trees are what a table cannot show: paths from GC roots, parts of the dominator tree. Each has a Name; left out where there is none.
	Trees Rows[Tree] `json:"trees,omitempty"`
	// Notes are remarks, one sentence each.
	Notes Rows[string] `json:"notes"`
	// Skipped is why the inspection could not judge, "" if it could.
	Skipped string `json:"skipped,omitempty"`
}

// Tree is a tree of objects, or of groups of them, with what was left out of it.
type Tree struct {
	Name  string         `json:"name"`
	Title string         `json:"title"`
	Nodes List[TreeNode] `json:"nodes"`
}

// Table returns the table of that name, nil when the section has none.
func (s *Section) Table(name string) *Table {
	for i := range s.Tables {
		if s.Tables[i].Name == name {
			return &s.Tables[i]
		}
	}
	return nil
}

// Fact returns the value of a fact, false when the section has none of that label.
func (s *Section) Fact(label string) (Value, bool) {
	for _, f := range s.Facts {
		if f.Label == label {
			return f.Value, true
		}
	}
	return Value{}, false
}

// Section returns the section of that name, nil when the report has none.
func (r *Report) Section(name string) *Section {
	for i := range r.Sections {
		if r.Sections[i].Name == name {
			return &r.Sections[i]
		}
	}
	return nil
}
