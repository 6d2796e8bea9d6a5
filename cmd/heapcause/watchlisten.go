package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"heapcause/analyze/watch"
	"heapcause/hprof/live"
	"heapcause/report/openmetrics"
)

// metricsPage serves the last sample of watch to this machine.
type metricsPage struct {
	addr   string
	server *http.Server
	mu     sync.Mutex
	page   []byte
}

// listenMetrics serves a page on a loopback address.
func listenMetrics(address string) (*metricsPage, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !loopback(host) {
		return nil, &hintError{fmt.Errorf("--listen %s: is no loopback address", address), "--listen 127.0.0.1:9404: other machines are not served"}
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, &hintError{fmt.Errorf("--listen %s: %w", address, err), "--listen 127.0.0.1:0 takes a free port"}
	}
	p := &metricsPage{addr: l.Addr().String()}
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p *metricsPage) close() { _ = p.server.Close() }

// serve answers GET /metrics. A page of another site that a browser was led here from names another host.
func (p *metricsPage) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	p.mu.Lock()
	page := p.page
	p.mu.Unlock()
	switch {
	case !loopback(host):
		http.Error(w, "this machine only", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
	case r.URL.Path != "/metrics":
		http.Error(w, "the page is /metrics", http.StatusNotFound)
	case page == nil:
		http.Error(w, "no sample yet", http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
		_, _ = w.Write(page)
	}
}

// set makes the page of a sample.
func (p *metricsPage) set(j *live.JVM, s *watch.Sample, figures map[string]int64, top int) {
	var b bytes.Buffer
	if openmetrics.WriteFamilies(&b, watchFamilies(j, s, figures, top)) != nil {
		return
	}
	p.mu.Lock()
	p.page = b.Bytes()
	p.mu.Unlock()
}

// watchFamilies are the metrics of a sample.
func watchFamilies(j *live.JVM, s *watch.Sample, figures map[string]int64, top int) []openmetrics.Family {
	answers := int64(1)
	if s.Silent != "" || s.Problem != nil {
		answers = 0
	}
	out := []openmetrics.Family{
		{Name: "heapcause_jvm", Info: true, Help: "The JVM that is watched.", Samples: []openmetrics.Sample{{Labels: []string{"pid", strconv.Itoa(j.PID), "jdk", j.Version, "main", j.Main}}}},
		{Name: "heapcause_jvm_answers", Help: "0 while the JVM does not answer.", Samples: []openmetrics.Sample{{Value: answers}}},
	}
	for _, f := range watch.Figures {
		if n, ok := figures[f.Name]; ok {
			unit := ""
			if f.Unit == "bytes" || f.Unit == "milliseconds" || f.Unit == "percent" {
				unit = f.Unit
			}
			out = append(out, openmetrics.Family{Name: "heapcause_jvm_" + f.Name, Unit: unit, Help: f.Doc + ".", Samples: []openmetrics.Sample{{Value: n}}})
		}
	}
	area := openmetrics.Family{Name: "heapcause_jvm_area_used", Unit: "bytes", Help: "Memory areas."}
	seen := map[string]bool{}
	if s.Counters != nil {
		for _, a := range s.Counters.Areas {
			if seen[a.Name] {
				continue // a series cannot be there twice
			}
			seen[a.Name] = true
			area.Samples = append(area.Samples, openmetrics.Sample{Labels: []string{"area", a.Name}, Value: a.Used})
		}
	}
	queued := openmetrics.Family{Name: "heapcause_jvm_finalizer_queued_by_class", Help: "Objects that wait for the Finalizer thread, by class."}
	clear(seen)
	for _, c := range s.Queued[:min(top, len(s.Queued))] {
		if seen[c.Class] {
			continue
		}
		seen[c.Class] = true
		queued.Samples = append(queued.Samples, openmetrics.Sample{Labels: []string{"class", c.Class}, Value: c.Instances})
	}
	return append(out, area, queued)
}
