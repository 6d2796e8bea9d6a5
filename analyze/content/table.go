package content

import "heapcause/report"

// Table returns a named table of the first limit rows; below 0 all. bytes, which may be nil, gives the size of a row that is left out.
func Table[T any](name, title string, columns []string, rows []T, limit int, row func(T) []report.Value, bytes func(T) int64) report.Table {
	t := report.Table{Name: name, Title: title, Columns: columns}
	list := report.Cap(rows, limit, bytes)
	for _, r := range list.Rows {
		t.Rows = append(t.Rows, row(r))
	}
	t.Omitted, t.OmittedBytes = list.Omitted, list.OmittedBytes
	return t
}
