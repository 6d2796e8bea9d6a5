package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// checkMemory reads --max-memory.
func (a *app) checkMemory() error {
	if a.f.maxMemory == "" || a.f.maxMemory == "0" {
		return nil
	}
	n, err := humanize.ParseBytes(a.f.maxMemory)
	if err != nil || n > 1<<62 {
		return &hintError{fmt.Errorf("--max-memory %s: is no size", a.f.maxMemory), "512MiB, 2GB and 1073741824 are sizes; 0 sets no limit"}
	}
	if n < leastMemory {
		return &hintError{fmt.Errorf("--max-memory %s: too little for any dump", a.f.maxMemory), "32MiB is the least"}
	}
	return nil
}

const leastMemory = 32 << 20

// maxMemory returns the bytes that this process may hold: --max-memory, or the limit of its control group, or the machine's
// memory. 0 is no limit, or none known.
func (a *app) maxMemory() int64 {
	switch a.f.maxMemory {
	case "0":
		return 0
	case "":
		return systemMemory("/")
	}
	n, err := humanize.ParseBytes(a.f.maxMemory)
	if err != nil {
		return 0
	}
	return int64(n)
}

// limitMemory returns maxMemory and holds the garbage collector to half of it: the large arrays lie off its heap.
func (a *app) limitMemory() int64 {
	n := a.maxMemory()
	if n > 0 {
		debug.SetMemoryLimit(max(n/2, leastMemory))
	}
	return n
}

// systemMemory returns the least of the machine's memory and the limits of the control groups (version 2 or 1) that this
// process is in, 0 where the system tells nothing. root is the root of the file system.
func systemMemory(root string) int64 {
	least := machineMemory(root)
	groups, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines(string(groups)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:group
		if len(f) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		switch {
		case f[1] == "":
		case strings.Contains(","+f[1]+",", ",memory,"):
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		// Inside a container the group's path is that of the host, and its own files lie at the base.
		for dir := path.Clean("/" + f[2]); ; dir = path.Dir(dir) {
			if n := readLimit(path.Join(root, base, dir, file)); n > 0 && (least == 0 || n < least) {
				least = n
			}
			if dir == "/" {
				break
			}
		}
	}
	return least
}

func machineMemory(root string) int64 {
	b, _ := os.ReadFile(path.Join(root, "proc/meminfo"))
	var kib int64
	if n, _ := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); n == 1 {
		return kib << 10
	}
	return 0
}

// readLimit returns the limit in a control group's file, 0 for "max" and for what cannot be read.
func readLimit(file string) int64 {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
