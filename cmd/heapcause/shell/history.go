package shell

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxHistory is how many lines a history keeps.
const maxHistory = 1000

// History is the lines of this session and of those before. It is kept in a file that only its owner may read: a query may
// name what a dump must not show to others.
type History struct {
	lines []string // the oldest first
	path  string   // "" keeps nothing
}

// HistoryFile is where a user's history is kept.
func HistoryFile() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "heapcause", "history"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "heapcause", "history"), nil
}

// OpenHistory reads the history of a file; "" has none and keeps none.
func OpenHistory(path string) (*History, error) {
	h := &History{path: path}
	if path == "" {
		return h, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err != nil {
		return h, err
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		h.remember(s.Text())
	}
	return h, s.Err()
}

// remember reports whether a line is new.
func (h *History) remember(line string) bool {
	line = strings.TrimSpace(line)
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return false
	}
	if len(h.lines) >= 2*maxHistory {
		h.lines = append([]string(nil), h.lines[len(h.lines)-maxHistory:]...)
	}
	h.lines = append(h.lines, line)
	return true
}

// Add remembers a line. A line that begins with a space is for this session alone, as in other shells.
func (h *History) Add(line string) {
	if !h.remember(line) || h.path == "" || strings.HasPrefix(line, " ") {
		return
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil { // the session goes on without
		return
	}
	_, _ = f.WriteString(strings.TrimSpace(line) + "\n")
	_ = f.Close()
}

// Len is the number of lines.
func (h *History) Len() int { return len(h.lines) }

// At is a line; 0 is the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// Close shortens the file when it has become long.
func (h *History) Close() error {
	if h.path == "" || len(h.lines) <= maxHistory {
		return nil
	}
	kept, err := OpenHistory(h.path) // without what was for this session alone, and with what another one added
	if err != nil || len(kept.lines) <= maxHistory {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(h.path), ".history-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(strings.Join(kept.lines[len(kept.lines)-maxHistory:], "\n") + "\n")
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), h.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
