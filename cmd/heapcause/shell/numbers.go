package shell

import (
	"fmt"
	"strconv"
	"strings"
)

// maxNumbers bounds how many objects of a session have a number.
const maxNumbers = 100_000

// Numbers gives the objects that a session shows numbers, from 1: $1 stands for the first. An object keeps its number.
type Numbers struct {
	known map[uint64]int
	addrs []uint64
}

// Of returns the number of an object, 0 when there are too many.
func (n *Numbers) Of(addr uint64) int {
	if i, ok := n.known[addr]; ok {
		return i
	}
	if len(n.addrs) == maxNumbers {
		return 0
	}
	if n.known == nil {
		n.known = map[uint64]int{}
	}
	n.addrs = append(n.addrs, addr)
	n.known[addr] = len(n.addrs)
	return len(n.addrs)
}

// Replace puts addresses in the place of numbers. A $ within a word (the name of a class has some) or within quotes stays.
func (n *Numbers) Replace(line string) (string, error) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(line); {
		c := line[i]
		end := i + 1
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '$' && (i == 0 || strings.IndexByte(" \t(,=+-*/<>!", line[i-1]) >= 0):
			for end < len(line) && line[end] >= '0' && line[end] <= '9' {
				end++
			}
			if end == i+1 || end < len(line) && wordByte(line[end]) {
				break
			}
			k, err := strconv.Atoi(line[i+1 : end])
			if err != nil || k < 1 || k > len(n.addrs) {
				return "", fmt.Errorf("%s: no object has been shown with this number", line[i:end])
			}
			fmt.Fprintf(&b, "0x%x", n.addrs[k-1])
			i = end
			continue
		}
		b.WriteString(line[i:end])
		i = end
	}
	return b.String(), nil
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
