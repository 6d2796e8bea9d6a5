package main

import (
	"errors"
	"os"
	"path/filepath"
)

// defaultTempDir returns where temporary files go when nobody says: "" is the system's folder, which TMPDIR names. A system whose
// folder is a RAM disk would lose the memory that the files are to save, so then it is the dump's folder or /var/tmp.
func defaultTempDir(dump string) string {
	if os.Getenv("TMPDIR") != "" {
		return ""
	}
	candidates := []string{"/var/tmp"}
	if st, err := os.Stat(dump); err == nil && st.Mode().IsRegular() {
		candidates = []string{filepath.Dir(dump), "/var/tmp"}
	}
	return onDisk(os.TempDir(), candidates, ramDisk)
}

// onDisk returns "" when system is on a disk, else the first candidate that is and can be written to, "" when there is none.
func onDisk(system string, candidates []string, ram func(dir string) bool) string {
	if !ram(system) {
		return ""
	}
	for _, dir := range candidates {
		if !ram(dir) && writable(dir) == nil {
			return dir
		}
	}
	return ""
}

// writable returns why no file can be made in a folder, nil when one can.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, "heapcause-*")
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err // the name means nothing to a reader
	}
	if err != nil {
		return err
	}
	os.Remove(f.Name())
	return f.Close()
}
