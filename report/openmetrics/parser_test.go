package openmetrics_test

import (
	"errors"
	"io"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"heapcause/report"
	"heapcause/report/reporttest"
)

// exposition is what Prometheus's own parser reads in a page.
type exposition struct {
	types map[string]model.MetricType
	units map[string]string
	value map[string]float64 // by series
}

func parse(t *testing.T, page string) exposition {
	t.Helper()
	p := textparse.NewOpenMetricsParser([]byte(page), labels.NewSymbolTable())
	e := exposition{map[string]model.MetricType{}, map[string]string{}, map[string]float64{}}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return e
		}
		if err != nil {
			t.Fatal(err)
		}
		switch entry {
		case textparse.EntryType:
			name, kind := p.Type()
			e.types[string(name)] = kind
		case textparse.EntryUnit:
			name, unit := p.Unit()
			e.units[string(name)] = string(unit)
		case textparse.EntrySeries:
			var l labels.Labels
			p.Labels(&l)
			if !l.IsValid(model.LegacyValidation) {
				t.Errorf("labels %s", l)
			}
			if _, twice := e.value[l.String()]; twice {
				t.Errorf("series %s is there twice", l)
			}
			_, _, e.value[l.String()] = p.Series()
		}
	}
}

// TestPrometheusReadsIt has Prometheus's parser read the pages, and holds what it read to the report.
func TestPrometheusReadsIt(t *testing.T) {
	for name, r := range map[string]*report.Report{"pg-timer": reporttest.PGTimer(), "full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		t.Run(name, func(t *testing.T) {
			e := parse(t, render(t, r))
			for _, c := range r.Retention.Classes() {
				if got := e.value[`{__name__="heapcause_heap_bytes", strength="`+c.Name+`"}`]; got != float64(c.Bytes) {
					t.Errorf("%s: %g bytes, want %d", c.Name, got, c.Bytes)
				}
			}
			if e.types["heapcause_dump"] != model.MetricTypeInfo || e.types["heapcause_heap_bytes"] != model.MetricTypeGauge || e.units["heapcause_heap_bytes"] != "bytes" {
				t.Errorf("types %v, units %v", e.types, e.units)
			}
			errs := 0
			for i := range r.Findings {
				if r.Findings[i].Severity == report.Error {
					errs++
				}
			}
			if got := e.value[`{__name__="heapcause_findings", severity="error"}`]; got != float64(errs) {
				t.Errorf("%g errors, want %d", got, errs)
			}
		})
	}
}
