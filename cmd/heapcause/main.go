// Command heapcause says why a Java heap is full: it reads a heap dump (HPROF) and names what is retained, who holds it,
// which known leak pattern it is, and what to change.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(interruptible(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// interruptible returns a context that ends with the first signal to stop; the second ends the process at once.
func interruptible() context.Context {
	ignoreSignals() // a reader that went away and a file that may not grow are errors like others: what was begun is cleaned up
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
