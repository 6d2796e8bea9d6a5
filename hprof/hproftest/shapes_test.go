package hproftest_test

import (
	"context"
	"path/filepath"
	"testing"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// TestShapesAreReadable writes each shape small and reads it to its end.
func TestShapesAreReadable(t *testing.T) {
	for _, s := range hproftest.Shapes {
		path := filepath.Join(t.TempDir(), "shape.hprof")
		const n = 5000
		if err := s.WriteFile(path, n); err != nil {
			t.Fatal(s.Name, err)
		}
		f, err := hprof.Open(context.Background(), path, hprof.Options{})
		if err != nil {
			t.Fatal(s.Name, err)
		}
		objects := 0
		c := hprof.NewCursor(f, true)
		for _, g := range f.Segments {
			for c.Reset(g.Offset, g.Length); c.Next(); {
				switch c.Rec.Tag {
				case hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray, hprof.ClassDump:
					objects++
				}
			}
			if c.Err() != nil {
				t.Errorf("%s: %v", s.Name, c.Err())
			}
		}
		if len(f.Problems) > 0 || objects < n {
			t.Errorf("%s: %d objects, problems %v", s.Name, objects, f.Problems)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
