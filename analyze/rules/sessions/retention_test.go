package sessions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

var dumpTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// tomcat makes a dump with n sessions that hold so many bytes each, the i-th idle for i minutes; odd ones never expire.
func tomcat(idSize, n, bytes int) *hproftest.Dump {
	d := hproftest.New(idSize, hproftest.Start(dumpTime))
	d.Class("org.apache.catalina.core.StandardContext", hproftest.Fields("String path"))
	context := d.Instance(d.Find("org.apache.catalina.core.StandardContext"), d.String("/shop"))
	d.Class("org.apache.catalina.session.StandardManager", hproftest.Fields("Map sessions", "Context context"))
	c := d.Class("org.apache.catalina.session.StandardSession", hproftest.Fields("Map attributes", "long creationTime", "long thisAccessedTime", "int maxInactiveInterval", "boolean isValid", "Manager manager"))
	manager := d.Instance(d.Find("org.apache.catalina.session.StandardManager"), hproftest.With("context", context))
	cart := d.Class("shop.Cart", hproftest.Fields("byte[] items"))
	var pairs []any
	for i := range n {
		at := dumpTime.Add(-time.Duration(i) * time.Minute)
		limit := 1800
		if i%2 == 1 {
			limit = -1
		}
		held := d.HashMap(d.String("cart"), d.Instance(cart, d.ByteArray(make([]byte, bytes)...)), d.String(fmt.Sprintf("jane%d@example.org", i)), d.String("seen"))
		pairs = append(pairs, d.String(fmt.Sprint("id", i)), d.Instance(c, held, at.Add(-time.Hour).UnixMilli(), at.UnixMilli(), limit, true, manager))
	}
	manager.Set("sessions", d.HashMap(pairs...))
	d.Class("org.apache.catalina.Server", hproftest.Static("Manager manager", manager), hproftest.Sticky())
	return d
}

func TestFatSessions(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			f := analyzetest.Only(t, analyzetest.Analyzed(t, tomcat(idSize, 100, 10_000), "all"), "http-session-retention", report.Warning)
			analyzetest.WantTitle(t, f, "100 HTTP sessions of /shop", `attribute "cart" (shop.Cart)`, "50 never expire")
			analyzetest.WantCount(t, f, "sessions", 100)
			analyzetest.WantCount(t, f, "never expire", 50)
			analyzetest.WantCount(t, f, "past their timeout", 34) // idle 32, 34, … 98 of 30 minutes
			analyzetest.WantCount(t, f, "used once", 0)
			rows := analyzetest.Table(t, f, "What the sessions hold").Rows
			if rows[0][0].Text().String() != "cart" || rows[0][2].Int() != 100 || rows[0][3].Int() < 1_000_000 {
				t.Errorf("attributes %v", rows[0])
			}
			if !rows[1][0].Text().Masked() || strings.Contains(rows[1][0].Text().String(), "jane") {
				t.Errorf("the name of one session's attribute is shown: %s", rows[1][0].Text())
			}
			if idle := analyzetest.Table(t, f, "Idle before the dump").Rows; idle[0][1].Int() != 1 || idle[1][1].Int() != 9 || idle[4][1].Int() != 40 {
				t.Errorf("idle %v", idle)
			}
			analyzetest.WantRelated(t, f, "leak-suspect")
		})
	}
}

// TestSlimSessions has many sessions of a healthy application.
func TestSlimSessions(t *testing.T) {
	d := tomcat(8, 100, 10)
	d.Class("shop.Catalogue", hproftest.Static("byte[] all", d.ByteArray(make([]byte, 4<<20)...)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "http-session-retention"); len(r.Findings) != 0 {
		t.Error(r.Findings[0].Title)
	}
}

func TestUnknownSessionsAbstain(t *testing.T) {
	d := hproftest.New(8)
	d.Instance(d.Class("org.apache.catalina.session.StandardSession", hproftest.Fields("Object everything")))
	r := analyzetest.Analyzed(t, d, "http-session-retention")
	if !strings.Contains(r.Rules[0].Skipped, "unknown version of org.apache.catalina.session.StandardSession") {
		t.Errorf("%+v", r.Rules[0])
	}
}

func TestRealSessions(t *testing.T) {
	for _, c := range []struct {
		dump, cart string
		once       int64 // of those that are idle for a minute
	}{
		{"sessions-tomcat9", "TomcatSessions$Cart", 99},
		{"sessions-tomcat10", "TomcatSessions$Cart", 99},
		{"sessions-jetty9", "JettySessions$Cart", 0},
	} {
		t.Run(c.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all")
			f := &r.Findings[0]
			if f.Rule != "http-session-retention" || f.Severity != report.Warning {
				t.Fatalf("%s %s: %s", f.Severity, f.Rule, f.Title)
			}
			analyzetest.WantTitle(t, f, "400 HTTP sessions of /shop", fmt.Sprintf("attribute %q (%s)", "cart", c.cart), "200 never expire")
			analyzetest.WantCount(t, f, "sessions", 400)
			analyzetest.WantCount(t, f, "never expire", 200)
			analyzetest.WantCount(t, f, "used once", c.once)
			if median := analyzetest.Facts(f)["retained per session, median"].Int(); median < 20_000 || median > 22_000 {
				t.Errorf("median %d", median)
			}
			rows := analyzetest.Table(t, f, "What the sessions hold").Rows
			if len(rows) != 2 || rows[0][0].Text().String() != "cart" || rows[1][0].Text().String() != "user" || rows[1][2].Int() != 400 {
				t.Errorf("attributes %v", rows)
			}
			for _, other := range r.Findings[1:] {
				if other.Severity.AtLeast(report.Warning) {
					t.Errorf("a second alarm: %s", other.Title)
				}
			}
		})
		t.Run(c.dump+"-control", func(t *testing.T) {
			for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+"-control.hprof"), "all").Findings {
				if f.Rule == "http-session-retention" || f.Severity.AtLeast(report.Warning) {
					t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
				}
			}
		})
	}
}
