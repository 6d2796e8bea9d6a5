package hprof

import (
	"context"
	"io"
)

// ahead reads on in a goroutine while what it read is being worked on. A read that blocks, as of a pipe, does not keep the context
// from ending the work; its goroutine ends with the read.
type ahead struct {
	ctx  context.Context
	stop context.CancelFunc
	full chan piece
	free chan []byte
	cur  piece
	at   int // unread bytes are cur.b[at:]
}

type piece struct {
	b   []byte
	err error // after b
}

const (
	aheadPieces = 3
	aheadBytes  = 1 << 20
)

// readAhead reads r ahead. done, which may be nil, is called when r is read no more: not before the goroutine is through with it.
func readAhead(ctx context.Context, r io.Reader, done func()) *ahead {
	a := &ahead{full: make(chan piece, aheadPieces), free: make(chan []byte, aheadPieces)}
	a.ctx, a.stop = context.WithCancel(ctx)
	for range aheadPieces {
		a.free <- nil
	}
	go func() {
		a.run(r)
		if done != nil {
			done()
		}
	}()
	return a
}

// Close ends the goroutine.
func (a *ahead) Close() { a.stop() }

func (a *ahead) run(r io.Reader) {
	for {
		var b []byte
		select {
		case b = <-a.free:
		case <-a.ctx.Done():
			return
		}
		if b == nil {
			b = make([]byte, aheadBytes)
		}
		n, err := r.Read(b[:cap(b)])
		a.full <- piece{b[:n], err} // there is room: no more pieces exist
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (a *ahead) Read(b []byte) (int, error) {
	for a.at == len(a.cur.b) {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.b != nil {
			a.free <- a.cur.b
		}
		select {
		case a.cur = <-a.full:
			a.at = 0
		case <-a.ctx.Done():
			a.cur = piece{err: a.ctx.Err()}
			a.at = 0
		}
	}
	n := copy(b, a.cur.b[a.at:])
	a.at += n
	return n, nil
}
