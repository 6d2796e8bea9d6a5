package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// shapeRun is one line of BenchmarkShapes.
type shapeRun struct {
	name string
	n    int
	cpu  float64 // seconds
}

// measureShapes runs BenchmarkShapes and writes its ratios.
func measureShapes(b *strings.Builder, divisor string) error {
	fmt.Fprint(b, "\n| shape | n | CPU s | 10 n | CPU s | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	c := exec.Command("go", "test", "-run", "^$", "-bench", "BenchmarkShapes", "-benchtime", "1x", "-timeout", "60m", "./graph")
	c.Env = append(os.Environ(), "HEAPCAUSE_SHAPES="+divisor)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	var small shapeRun
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		r, ok := parseShape(lines.Text())
		switch {
		case !ok:
		case r.name != small.name:
			small = r
		default:
			row := fmt.Sprintf("| %s | %d | %.2f | %d | %.2f | %.1f |", r.name, small.n, small.cpu, r.n, r.cpu, r.cpu/small.cpu)
			fmt.Fprintln(b, row)
			fmt.Fprintln(os.Stderr, row)
		}
	}
	return c.Wait()
}

// parseShape reads "BenchmarkShapes/deep_tree/500000-2  1  715 cpu-ns/object  0.3579 cpu-s/op".
func parseShape(line string) (r shapeRun, ok bool) {
	f := strings.Fields(line)
	if len(f) == 0 || !strings.HasPrefix(f[0], "BenchmarkShapes/") {
		return r, false
	}
	parts := strings.Split(f[0], "/")
	if len(parts) != 3 {
		return r, false
	}
	n, _, _ := strings.Cut(parts[2], "-")
	r.name = strings.ReplaceAll(parts[1], "_", " ")
	r.n, _ = strconv.Atoi(n)
	for i := 1; i < len(f); i++ {
		if f[i] == "cpu-s/op" {
			r.cpu, _ = strconv.ParseFloat(f[i-1], 64)
		}
	}
	return r, r.n > 0 && r.cpu > 0
}
