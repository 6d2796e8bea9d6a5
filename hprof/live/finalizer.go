package live

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// ClassNumber is a class and a number of its objects.
type ClassNumber struct {
	Class     string
	Instances int64
}

// ParseFinalizerInfo reads what GC.finalizer_info (JDK 9 and newer) prints: the objects that the Finalizer thread has not come to yet, by class, the
// largest number first. ok is false when the text is no such answer.
func ParseFinalizerInfo(text string) (classes []ClassNumber, ok bool) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case strings.Contains(line, "waiting for finalization"), strings.Contains(line, "inalization is disabled"):
			ok = true
		case len(f) == 2:
			if n, err := strconv.ParseInt(f[0], 10, 64); err == nil && n >= 0 {
				classes = append(classes, ClassNumber{f[1], n})
			}
		}
	}
	if !ok {
		return nil, false
	}
	slices.SortStableFunc(classes, func(a, b ClassNumber) int {
		return cmp.Or(cmp.Compare(b.Instances, a.Instances), cmp.Compare(a.Class, b.Class))
	})
	return classes, true
}
