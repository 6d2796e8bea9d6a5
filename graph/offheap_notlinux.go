//go:build unix && !linux

package graph

import "os"

const noReserve = 0 // the others commit memory when it is touched anyway

func adviseHuge([]byte) error { return nil }

func reserve(f *os.File, off, n int64) error {
	zero := make([]byte, min(n, 1<<20))
	for n > 0 {
		k, err := f.WriteAt(zero[:min(n, int64(len(zero)))], off)
		if err != nil {
			return err
		}
		off += int64(k)
		n -= int64(k)
	}
	return nil
}
