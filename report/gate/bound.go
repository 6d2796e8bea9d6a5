package gate

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	sizeText    = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)$`)
	percentText = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?%$`)
)

// units of sizes. A lone K, M or G is neither: some mean 1000 by it and some 1024.
var units = map[string]float64{
	"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
}

// bound reads a number, a size or a percentage. share says that a percentage makes sense here.
func (n node) bound(what, unit string, share bool) (bound, bool) {
	if n.Kind != yaml.ScalarNode {
		n.fail("%s: %s is wanted here", what, wanted(unit, share))
		return bound{}, false
	}
	s := strings.TrimSpace(n.Value)
	if m := percentText.FindStringSubmatch(s); m != nil {
		f, err := strconv.ParseFloat(m[1], 64)
		if share && err == nil && f <= 1e6 {
			return bound{share: f / 100, percent: true}, true
		}
		n.fail("%s: %q: no percentage is possible here, %s is", what, s, wanted(unit, false))
		return bound{}, false
	}
	if m := sizeText.FindStringSubmatch(s); m != nil && unit == bytesUnit {
		f, err := strconv.ParseFloat(m[1], 64)
		if scale := units[m[2]]; err == nil && scale > 0 && f*scale < 1<<62 {
			return bound{n: int64(math.Round(f * scale))}, true
		}
	}
	var v int64
	if n.Tag == "!!int" && n.Decode(&v) == nil && v >= 0 {
		return bound{n: v}, true
	}
	n.fail("%s: %q: %s is wanted here", what, s, wanted(unit, share))
	return bound{}, false
}

// wanted says what a bound looks like.
func wanted(unit string, share bool) string {
	what := "a number of " + unit + ", such as 100"
	if unit == bytesUnit {
		what = "a size such as 512MiB, 500MB or 1048576"
	}
	if share {
		what += ", or a share such as 10%"
	}
	return what
}

// bounds reads one bound, or of growth a list of them: the largest of what they allow counts.
func (n node) bounds(what, unit string, growth, share bool) (out []bound) {
	if n.Kind == yaml.SequenceNode && (!growth || len(n.Content) == 0) {
		n.fail("%s: %s is wanted here, no list", what, wanted(unit, share))
		return nil
	}
	n.each(func(n node) {
		if b, ok := n.bound(what, unit, share); ok {
			out = append(out, b)
		}
	})
	return out
}
