package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of a request in version 1 of the protocol, which every JVM speaks: always three arguments.
const (
	maxArgs   = 3
	maxArgLen = 1024
)

// badVersion is the result of a request in a version that the JVM does not speak.
const badVersion = 101

// maxAnswer bounds what is kept of an answer: a histogram of 100,000 classes takes about 10 MB.
const maxAnswer = 64 << 20

// request encodes a command in version 1: version, command and three arguments, each ended by 0.
func request(command string, args ...string) ([]byte, error) {
	if len(args) > maxArgs {
		return nil, fmt.Errorf("%s: %d arguments, the JVM takes %d", command, len(args), maxArgs)
	}
	b := []byte("1\x00")
	for _, s := range append([]string{command}, args...) {
		switch {
		case strings.ContainsRune(s, 0):
			return nil, fmt.Errorf("%s: an argument holds a zero byte", command)
		case len(s) > maxArgLen:
			return nil, errLongArgument
		}
		b = append(append(b, s...), 0)
	}
	return append(b, make([]byte, maxArgs-len(args))...), nil
}

// errLongArgument says that a request needs version 2.
var errLongArgument = fmt.Errorf("an argument is longer than the %d bytes that JVMs before 24 take", maxArgLen)

// request2 encodes a command in version 2 (JDK 24): version, length of the rest, command and arguments, each ended by 0.
func request2(command string, args ...string) []byte {
	var rest []byte
	for _, s := range append([]string{command}, args...) {
		rest = append(append(rest, s...), 0)
	}
	return append([]byte("2\x00"+strconv.Itoa(len(rest))+"\x00"), rest...)
}

// errNoAnswer says that the JVM closed the connection.
var errNoAnswer = errors.New("the JVM closed the connection without an answer")

// readAnswer reads a reply to its end: a line with the result, then text.
func readAnswer(r io.Reader) (result int, text string, err error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if len(b) > maxAnswer {
		return 0, "", fmt.Errorf("the JVM's answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return 0, "", err
	}
	if len(b) == 0 {
		return 0, "", errNoAnswer
	}
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	if result, err = strconv.Atoi(string(first)); err != nil {
		return 0, "", fmt.Errorf("the JVM's answer begins with %.40q and not with a number", first)
	}
	return result, strings.ToValidUTF8(string(rest), "?"), nil
}

// words makes one line of what the JVM printed, without stack traces.
func words(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "at ") {
			out = append(out, line)
		}
	}
	s := strings.Join(out, " ")
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + "…"
	}
	return s
}
