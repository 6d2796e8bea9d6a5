package openmetrics

import (
	"bufio"
	"io"
	"strings"
)

// Family is a metric family of numbers that are no report's: gauges.
type Family struct {
	// Name is dotted or underscored; it is written with underscores, and with the unit as its ending.
	Name, Unit, Help string
	// Info makes it a family of texts: its samples are labels alone.
	Info    bool
	Samples []Sample
}

// Sample is one number of a family.
type Sample struct {
	// Labels are names and values, in turn.
	Labels []string
	Value  int64
}

// WriteFamilies writes families in their order as one page; those without samples are left out.
func WriteFamilies(out io.Writer, families []Family) error {
	w := writer{bufio.NewWriter(out)}
	for _, f := range families {
		name, kind := metricName(f.Name), "gauge"
		if f.Info {
			kind = "info"
		}
		if f.Unit != "" && !strings.HasSuffix(name, "_"+f.Unit) {
			name += "_" + f.Unit
		}
		samples := make([]sample, len(f.Samples))
		for i, s := range f.Samples {
			samples[i].value = s.Value
			if f.Info {
				samples[i].value = 1
			}
			for l := 0; l+1 < len(s.Labels); l += 2 {
				samples[i].labels = append(samples[i].labels, label{s.Labels[l], s.Labels[l+1]})
			}
		}
		w.family(name, kind, f.Unit, f.Help, samples)
	}
	w.WriteString("# EOF\n")
	return w.Flush()
}
