package serve

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// Bounds of what clients may use.
const (
	headerTime   = 10 * time.Second
	writeTime    = time.Minute // for a page that is ready
	idleTime     = 2 * time.Minute
	answerTime   = 10 * time.Minute // for one question
	headerBytes  = 64 << 10
	waiting      = 16 // requests that wait for their turn; more are refused
	shutdownTime = 2 * time.Second
)

// Options of a server.
type Options struct {
	Explore explore.Options
	// Report analyses the heap: it is called once, when a page needs the report first.
	Report  func(ctx context.Context) (*report.Report, error)
	MaxRows int64 // of a query
}

// Server shows one heap.
type Server struct {
	heap  *graph.Heap
	opt   Options
	guard guard

	template *template.Template
	turns    chan struct{} // one for each question that is answered now
	queue    chan struct{} // and for each that waits or is answered

	analysis sync.Once
	ready    chan struct{} // closed when the report is there
	report   *report.Report
	failed   error
	life     context.Context // of the server: the analysis goes on when who asked for it leaves
}

// New returns a server of a heap. ctx ends what it does beyond single requests.
func New(ctx context.Context, h *graph.Heap, opt Options) *Server {
	turns := max(2, runtime.GOMAXPROCS(0))
	s := &Server{
		heap: h, opt: opt, guard: newGuard(), life: ctx, ready: make(chan struct{}),
		turns: make(chan struct{}, turns), queue: make(chan struct{}, turns+waiting),
	}
	s.template = template.Must(pageTemplate.Clone()).Funcs(template.FuncMap{"linked": s.linked})
	return s
}

// Address is what to open in the browser when the server listens on a port.
func (s *Server) Address(port int) string {
	return fmt.Sprintf("http://127.0.0.1:%d/?token=%s", port, s.guard.token)
}

// Serve answers requests until the context of New ends, and those that are under way then for a moment more.
func (s *Server) Serve(l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ErrorLog:    log.New(io.Discard, "", 0), // of clients that go away
		BaseContext: func(net.Listener) context.Context { return s.life },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(s.life, func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.life), shutdownTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	s.drain()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain waits until nothing reads the heap any more, which is closed next.
func (s *Server) drain() {
	for range cap(s.turns) {
		s.turns <- struct{}{}
	}
	s.analysis.Do(func() { close(s.ready) })
	<-s.ready
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.guard.check(w, r) {
		return
	}
	if f, ok := files[r.URL.Path]; ok {
		s.send(w, http.StatusOK, f.kind, []byte(f.text))
		return
	}
	page, ok := pages[r.URL.Path]
	if !ok {
		s.fail(w, r, http.StatusNotFound, errors.New("there is no such page"), "")
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), answerTime)
	defer stop()
	done, err := s.turn(ctx)
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, err, "")
		return
	}
	defer done()
	s.answer(w, r.WithContext(ctx), page)
}

var errBusy = errors.New("too many questions at once: wait for an answer")

// turn waits until a question may be answered.
func (s *Server) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.queue <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns; <-s.queue }, nil
	case <-ctx.Done():
		<-s.queue
		return nil, ctx.Err()
	}
}

// analysed returns the report; the first to ask starts the analysis.
func (s *Server) analysed(ctx context.Context) (*report.Report, error) {
	s.analysis.Do(func() {
		go func() {
			defer close(s.ready)
			s.report, s.failed = s.opt.Report(s.life)
		}()
	})
	select {
	case <-s.ready:
		if s.failed == nil && s.report == nil {
			return nil, context.Canceled
		}
		return s.report, s.failed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send writes what is ready.
func (s *Server) send(w http.ResponseWriter, status int, kind string, body []byte) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime))
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
