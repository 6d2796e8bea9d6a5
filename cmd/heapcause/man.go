package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"heapcause/cmd/heapcause/man"
)

// manCommand writes manual pages. Packages carry them, so help does not list it.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		Long: `Writes heapcause.1 and a page per command into DIR, which must exist. Pages carry the day of SOURCE_DATE_EPOCH, else
that of the commit which this binary was built from.`,
		Example: "  heapcause man /usr/local/share/man/man1",
		RunE: func(c *cobra.Command, args []string) error {
			day, err := manDate()
			if err != nil {
				return err
			}
			if st, err := os.Stat(args[0]); err != nil || !st.IsDir() {
				return &hintError{fmt.Errorf("%s: there is no such folder", args[0]), "create it first"}
			}
			_, err = man.Write(c.Root(), args[0], man.Stamp{Version: versionText(), Date: day})
			return err
		},
	}
}

// manDate returns the day that pages carry, "" where nothing tells one. The clock is not asked: pages of one version are the same.
func manDate() (string, error) {
	if s := os.Getenv("SOURCE_DATE_EPOCH"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH %s: not a number of seconds", s)
		}
		return time.Unix(n, 0).UTC().Format(time.DateOnly), nil
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t.UTC().Format(time.DateOnly), nil
			}
		}
	}
	return "", nil
}
