//go:build !unix

package graph

import "os"

// Without mmap everything lies on the Go heap.
func mapAnon(n int64) ([]byte, error) {
	w := make([]uint64, (max(n, 1)+7)/8)
	return asBytes(w)[:n], nil
}

func unmap([]byte) {}

func mapFile(*os.File, int64, int64) ([]byte, error) { return nil, errNoMap }

func dropPages([]byte) {}

func hugePages([]byte) {}

func reserve(*os.File, int64, int64) error { return nil }
