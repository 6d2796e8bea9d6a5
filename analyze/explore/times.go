package explore

import (
	"fmt"
	"strings"
	"time"

	"heapcause/graph"
	"heapcause/report"
)

func addTimes(m map[string]form) {
	m["java.util.Date"] = date
	m["java.sql.Timestamp"] = timestamp
	m["java.util.Calendar"] = millis("time")
	m["java.nio.file.attribute.FileTime"] = fileTime
	m["java.time.Instant"] = instant
	m["java.time.Duration"] = duration
	m["java.time.Period"] = period
	m["java.time.Year"] = func(d *Decoder, o graph.Object) report.Value { return d.formatted(o, "%d", "year") }
	m["java.time.YearMonth"] = func(d *Decoder, o graph.Object) report.Value { return d.formatted(o, "%04d-%02d", "year", "month") }
	m["java.time.LocalDate"] = func(d *Decoder, o graph.Object) report.Value {
		return d.formatted(o, "%04d-%02d-%02d", "year", "month", "day")
	}
	m["java.time.LocalTime"] = localTime
	m["java.time.LocalDateTime"] = joinedParts("T", "date", "time")
	m["java.time.OffsetDateTime"] = joinedParts("", "dateTime", "offset")
	m["java.time.OffsetTime"] = joinedParts("", "time", "offset")
	m["java.time.ZonedDateTime"] = zonedDateTime
	m["java.time.ZoneOffset"] = name("id")
	m["java.time.ZoneRegion"] = name("id")
	m["java.util.TimeZone"] = name("ID")
}

func date(d *Decoder, o graph.Object) report.Value { return d.millis(o, "fastTime") }

// timestamp adds the fraction of a second, which fastTime lacks.
func timestamp(d *Decoder, o graph.Object) report.Value {
	ms, ok := d.r.Int(o, "fastTime")
	nanos, _ := d.r.Int(o, "nanos")
	if !ok {
		return report.Value{}
	}
	return report.Time(time.UnixMilli(ms + nanos/1_000_000%1000))
}

func millis(field string) form {
	return func(d *Decoder, o graph.Object) report.Value { return d.millis(o, field) }
}

func (d *Decoder) millis(o graph.Object, field string) report.Value {
	ms, ok := d.r.Int(o, field)
	if !ok {
		return report.Value{}
	}
	return report.Time(time.UnixMilli(ms))
}

func fileTime(d *Decoder, o graph.Object) report.Value {
	if at := d.r.Ref(o, "instant"); at != graph.NoObject {
		return instant(d, at)
	}
	unit, _ := d.r.Enum(o, "unit")
	n, ok := d.r.Int(o, "value")
	perSecond, known := map[string]int64{"SECONDS": 1, "MILLISECONDS": 1e3, "MICROSECONDS": 1e6, "NANOSECONDS": 1e9}[unit]
	if !ok || !known {
		return report.Value{}
	}
	return report.Time(time.Unix(n/perSecond, n%perSecond*(1e9/perSecond)))
}

// The span of java.time.Instant, in seconds from 1970.
const (
	minSecond = -31557014167219200
	maxSecond = 31556889864403199
)

func instant(d *Decoder, o graph.Object) report.Value {
	s, ok := d.r.Int(o, "seconds")
	nanos, _ := d.r.Int(o, "nanos")
	if !ok || s < minSecond || s > maxSecond {
		return report.Value{}
	}
	return report.Time(time.Unix(s, nanos))
}

func duration(d *Decoder, o graph.Object) report.Value {
	s, ok := d.r.Int(o, "seconds")
	nanos, _ := d.r.Int(o, "nanos")
	const most = 1 << 33 // seconds: what fits into nanoseconds
	if !ok {
		return report.Value{}
	}
	if s < -most || s > most {
		return report.Name(fmt.Sprintf("%d s", s))
	}
	return report.Duration(time.Duration(s)*time.Second + time.Duration(nanos))
}

func period(d *Decoder, o graph.Object) report.Value {
	return d.formatted(o, "P%dY%dM%dD", "years", "months", "days")
}

// formatted writes integral fields by a format; empty where one is missing.
func (d *Decoder) formatted(o graph.Object, format string, fields ...string) report.Value {
	var args []any
	for _, f := range fields {
		n, ok := d.r.Int(o, f)
		if !ok {
			return report.Value{}
		}
		args = append(args, n)
	}
	return report.Name(fmt.Sprintf(format, args...))
}

func localTime(d *Decoder, o graph.Object) report.Value {
	v := d.formatted(o, "%02d:%02d:%02d", "hour", "minute", "second")
	nanos, _ := d.r.Int(o, "nano")
	if v.Kind() == report.KindNone || nanos <= 0 || nanos > 999_999_999 {
		return v
	}
	return report.Name(v.Text().String() + "." + strings.TrimRight(fmt.Sprintf("%09d", nanos), "0"))
}

// joinedParts decodes what consists of other dates and times.
func joinedParts(between string, fields ...string) form {
	return func(d *Decoder, o graph.Object) report.Value {
		var parts []string
		for _, f := range fields {
			at := d.r.Ref(o, f)
			if at == graph.NoObject || d.depth > maxDepth {
				return report.Value{}
			}
			d.depth++
			v := d.decoded(at)
			d.depth--
			if !v.IsText() || v.Text().Masked() {
				return report.Value{}
			}
			parts = append(parts, v.Text().String())
		}
		return report.Name(strings.Join(parts, between))
	}
}

// maxDepth of values within values: OffsetDateTime has LocalDateTime has LocalDate. Forged ones may be rings.
const maxDepth = 4

func zonedDateTime(d *Decoder, o graph.Object) report.Value {
	v := joinedParts("", "dateTime", "offset")(d, o)
	zone, ok := d.r.Text(o, maxName, "zone", "id")
	if v.Kind() == report.KindNone || !ok {
		return v
	}
	return report.Name(v.Text().String() + "[" + zone + "]")
}
