package httpclients_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// channelDump has n channels of gRPC, in the shape of 1.41, every fourth of which is shut down, to two targets in turn.
func channelDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	flag := d.Class("java.util.concurrent.atomic.AtomicBoolean", hproftest.Fields("int value"))
	channel := d.Class("io.grpc.internal.ManagedChannelImpl", hproftest.Fields("String target", "AtomicBoolean shutdown"))
	var all []any
	for i := range n {
		closed := 0
		if i%4 == 0 {
			closed = 1
		}
		all = append(all, d.Instance(channel, d.String(fmt.Sprint("host", i%2)), d.Instance(flag, closed)))
	}
	d.Class("com.acme.Calls", hproftest.Static("List channels", d.ArrayList(all...)), hproftest.Sticky())
	return d
}

func TestChannels(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, channelDump(idSize, 120), "http-clients-not-closed"), "http-clients-not-closed", report.Warning)
		analyzetest.WantTitle(t, f, "60 channels of gRPC to one target") // those with odd numbers; of the others 30 are open
	}
	if r := analyzetest.Analyzed(t, channelDump(8, 98), "http-clients-not-closed"); len(r.Findings) > 0 {
		t.Errorf("few channels: %s", r.Findings[0].Title)
	}
}

func TestRealClients(t *testing.T) {
	for _, c := range []struct{ dump, control, title, owner string }{
		{"jdk-http", "jdk-http-control", "60 HttpClients of java.net.http", ""}, // one more is the program's shared one, which nothing holds
		{"okhttp-clients", "okhttp-clients-control", "100 OkHttpClients with a connection pool", "static Clients.CLIENTS"},
		{"httpclient-clients", "httpclient-control", "60 connection managers of Apache HttpClient", "org.apache.http.impl.client.InternalHttpClient::connManager"},
		{"grpc-channels", "grpc-channels-control", "60 channels of gRPC to one target", "io.grpc.internal.ForwardingManagedChannel::delegate"},
	} {
		t.Run(c.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "http-clients-not-closed")
			f := analyzetest.Only(t, r, "http-clients-not-closed", report.Warning)
			analyzetest.WantTitle(t, f, c.title)
			if got := analyzetest.Facts(f)["held by"].Text().String(); c.owner != "" && got != c.owner {
				t.Errorf("held by %s", got)
			}
			analyzetest.WantHealthy(t, "leaks/"+c.control+".hprof")
		})
	}
}

func TestRealPool(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/httpclient-exhausted.hprof"), "http-pool-exhausted"), "http-pool-exhausted", report.Warning)
	analyzetest.WantTitle(t, f, "5 requests wait", "20 of at most 20 are leased")
	analyzetest.WantCount(t, f, "requests that wait", 5)
	analyzetest.WantCount(t, f, "available", 0)
}
