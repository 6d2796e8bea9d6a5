package gate

import (
	"fmt"
	"math"

	"heapcause/report"
)

// amount is what is known of a number: it is from lo to hi. Of what a saved report leaves out only the bounds are known.
type amount struct{ lo, hi int64 }

// unbounded is the upper end of what nothing is known of.
const unbounded = math.MaxInt64

func exactly(n int64) amount { return amount{n, n} }

func (a amount) exact() bool { return a.lo == a.hi }

func (a amount) plus(b amount) amount { return amount{add(a.lo, b.lo), add(a.hi, b.hi)} }

// add adds numbers that are not negative.
func add(a, b int64) int64 {
	if a > unbounded-b {
		return unbounded
	}
	return a + b
}

// value shows an amount: its lower end where it is broken, else the upper one where that is known.
func (a amount) value(unit string, s State) report.Value {
	switch {
	case a.exact() || s == Broken:
		return valueOf(a.lo, unit)
	case a.hi == unbounded:
		return report.Value{}
	}
	return valueOf(a.hi, unit)
}

// verdict compares an amount with what is allowed.
func (a amount) within(allowed amount) State {
	switch {
	case a.hi <= allowed.lo && a.hi != unbounded:
		return OK
	case a.lo > allowed.hi:
		return Broken
	}
	return Unknown
}

// allows is the most that a bound allows, of a whole.
func (b bound) allows(whole int64) int64 {
	if !b.percent {
		return b.n
	}
	return scaled(whole, b.share)
}

// allowsGrowth is the most that bounds allow of what was old: the largest that one of them does.
func (l *limit) allowsGrowth(old int64) int64 {
	var most int64
	for _, b := range l.at {
		if b.percent {
			most = max(most, add(old, scaled(old, b.share)))
		} else {
			most = max(most, add(old, b.n))
		}
	}
	return most
}

func scaled(n int64, by float64) int64 {
	if f := math.Floor(float64(n)*by + 1e-6); f < unbounded {
		return int64(f)
	}
	return unbounded
}

// plain writes a figure for a sentence.
func plain(v report.Value) string { return v.Short(func(s string) string { return s }) }

// atMost says what the limit allows.
func (l *limit) atMost() string {
	text := ""
	for i, b := range l.at {
		if i > 0 {
			text += " or "
		}
		text += plain(b.value(l.unit))
	}
	return text
}

// judge judges a number by a limit. old is what it was in the baseline, nil where the limit is none on growth; whole is what
// percentages are of.
func (l *limit) judge(subject string, now amount, old *amount, whole int64) Verdict {
	v := Verdict{Limit: l.name, Line: l.line, Subject: subject}
	for _, b := range l.at {
		v.AtMost = append(v.AtMost, b.value(l.unit))
	}
	if old == nil {
		v.State = now.within(exactly(l.at[0].allows(whole)))
	} else {
		v.State = now.within(amount{l.allowsGrowth(old.lo), l.allowsGrowth(old.hi)})
		v.Baseline = old.value(l.unit, OK)
	}
	v.Value = now.value(l.unit, v.State)
	v.Bound = !now.exact()
	v.Text = l.sentence(&v, now, old, whole)
	return v
}

// sentence says what a verdict is made of.
func (l *limit) sentence(v *Verdict, now amount, old *amount, whole int64) string {
	what := v.Subject
	switch {
	case what == "":
		what = l.what()
	case l.metric != "":
		what = string(l.metric) + " of " + what
	}
	value := plain(v.Value)
	switch {
	case v.Value.Kind() == report.KindNone:
		value = "not known"
	case now.exact():
	case v.State == Broken:
		value = "at least " + value
	default:
		value = "at most " + value
	}
	if old == nil {
		if b := l.at[0]; b.percent && now.exact() && whole > 0 {
			value += fmt.Sprintf(" (%.1f %%)", 100*float64(now.lo)/float64(whole))
		}
		return fmt.Sprintf("%s: %s; the limit is %s", what, value, l.atMost())
	}
	was := "an unknown number"
	if old.hi != unbounded {
		if was = plain(valueOf(old.hi, l.unit)); !old.exact() {
			was = "at most " + was
		}
	}
	by := ""
	if now.exact() && old.exact() {
		by = ", " + grew(old.lo, now.lo, l.unit)
	}
	return fmt.Sprintf("%s: %s, was %s%s; the limit is a growth of %s", what, value, was, by, l.atMost())
}

// grew says a difference.
func grew(old, now int64, unit string) string {
	sign, d := "+", now-old
	if d < 0 {
		sign, d = "-", -d
	}
	text := sign + plain(valueOf(d, unit))
	if old > 0 {
		text += fmt.Sprintf(" (%s%.1f %%)", sign, 100*float64(d)/float64(old))
	}
	return text
}

// what names what a limit is on, where the subject does not.
func (l *limit) what() string {
	switch l.subject {
	case ofFigure:
		return l.of
	case ofFindings:
		return string(l.metric) + " of findings that the baseline has"
	case ofSeverity:
		what := "findings"
		if l.growth {
			what = "new findings"
		}
		if l.severity() == report.Error {
			return what + " of severity error"
		}
		return what + " of severity " + l.of + " or above"
	case ofRule:
		return "findings of " + l.of
	case ofClass, ofPackage, ofLoader:
		return string(l.metric) + " of " + l.noun() + " " + l.of
	}
	return l.name
}

// noun is what rows are of.
func (l *limit) noun() string {
	switch l.subject {
	case ofPackage:
		return "package"
	case ofLoader:
		return "class loader"
	}
	return "class"
}
