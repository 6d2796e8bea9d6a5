package report

import (
	"bytes"
	"encoding/json"
)

// Rows is a slice that marshals as [] when it is nil. Ordinary slices can be
// assigned and appended to it.
type Rows[T any] []T

// MarshalJSON writes the rows, [] for nil.
func (r Rows[T]) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("[]"), nil
	}
	return marshal([]T(r))
}

// List is a list that may have been cut: the rows that are shown, in order,
// and what was left out behind them.
type List[T any] struct {
	// Rows are the entries shown, the most important first.
	Rows Rows[T] `json:"rows"`
	// Omitted is the number of entries left out.
	Omitted int64 `json:"omitted"`
	// OmittedBytes is the sum of the sizes of the entries left out (of their
	// retained sizes where the rows have those and they do not overlap, else of
	// their shallow sizes); 0 where no sum makes sense.
	OmittedBytes int64 `json:"omittedBytes"`
}

// Total is the number of entries before the list was cut.
func (l List[T]) Total() int64 {
	return int64(len(l.Rows)) + l.Omitted
}

// Cap returns a list of the first limit rows; size, which may be nil, gives
// the bytes of a row that is left out. A limit below 0 means no limit.
func Cap[T any](rows []T, limit int, size func(T) int64) List[T] {
	if limit < 0 || len(rows) <= limit {
		return List[T]{Rows: rows}
	}
	l := List[T]{Rows: rows[:limit:limit], Omitted: int64(len(rows) - limit)}
	if size != nil {
		for _, row := range rows[limit:] {
			l.OmittedBytes += size(row)
		}
	}
	return l
}

// marshal is json.Marshal without the escaping of <, > and &: class names and
// labels are full of them, and a report is not embedded in HTML as it is.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
