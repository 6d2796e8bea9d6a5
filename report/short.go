package report

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

// Numeric reports whether a value stands at the right of its column.
func (v Value) Numeric() bool {
	switch v.Kind() {
	case KindCount, KindBytes, KindNumber, KindShare, KindFloat, KindDuration:
		return true
	}
	return false
}

// Short writes a value for people: sizes rounded, times to the second, texts as the format wants them.
func (v Value) Short(text func(string) string) string {
	switch v.Kind() {
	case KindCount:
		return humanize.Comma(v.Int())
	case KindBytes:
		return humanize.IBytes(uint64(max(v.Int(), 0)))
	case KindNumber:
		return fmt.Sprint(v.Int())
	case KindShare:
		return fmt.Sprintf("%.1f %%", 100*v.Fraction())
	case KindFloat:
		return strconv.FormatFloat(v.Fraction(), 'g', -1, 64)
	case KindDuration:
		return (time.Duration(v.Int()) * time.Millisecond).String()
	case KindTime:
		return time.UnixMilli(v.Int()).UTC().Format("2006-01-02 15:04:05 UTC")
	case KindAddress:
		return v.Address().String()
	case KindNone:
		return ""
	}
	return text(v.Text().String())
}
