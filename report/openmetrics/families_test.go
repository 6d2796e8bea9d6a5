package openmetrics_test

import (
	"bytes"
	"testing"

	"heapcause/report/openmetrics"
)

func TestFamilies(t *testing.T) {
	var b bytes.Buffer
	err := openmetrics.WriteFamilies(&b, []openmetrics.Family{
		{Name: "app", Info: true, Help: "Which.", Samples: []openmetrics.Sample{{Labels: []string{"main", "a\"b\n"}}}},
		{Name: "app.heap.used", Unit: "bytes", Help: "In use.", Samples: []openmetrics.Sample{{Value: 7}}},
		{Name: "app_none", Help: "Left out."},
		{Name: "app_area_bytes", Unit: "bytes", Help: "Areas.", Samples: []openmetrics.Sample{{Labels: []string{"area", "old"}, Value: 1}, {Labels: []string{"area", "eden"}, Value: 2}}},
	})
	want := `# TYPE app info
# HELP app Which.
app_info{main="a\"b\n"} 1
# TYPE app_heap_used_bytes gauge
# UNIT app_heap_used_bytes bytes
# HELP app_heap_used_bytes In use.
app_heap_used_bytes 7
# TYPE app_area_bytes gauge
# UNIT app_area_bytes bytes
# HELP app_area_bytes Areas.
app_area_bytes{area="old"} 1
app_area_bytes{area="eden"} 2
# EOF
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}
