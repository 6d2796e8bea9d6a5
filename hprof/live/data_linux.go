package live

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"heapcause/hprof/live/perfdata"
)

// errOthersData says that there is performance data which another user owns.
var errOthersData = errors.New("its performance data is readable by its own user and root only")

// errNoData says that there is no performance data.
var errNoData = errors.New("it writes no performance data (-XX:-UsePerfData or -XX:+PerfDisableSharedMem)")

// readData reads the performance data of the JVM.
func (j *JVM) readData() (*perfdata.Data, error) {
	if j.perfPath != "" {
		return j.parseData(j.perfPath)
	}
	names, err := j.namesBelow("/tmp", "hsperfdata_")
	if err != nil {
		return nil, err
	}
	result := errNoData
	for _, name := range names {
		p := path.Join("/tmp", name, strconv.Itoa(j.NSPID))
		d, err := j.parseData(p)
		switch {
		case err == nil:
			j.perfPath = p
			return d, nil
		case !errors.Is(err, fs.ErrNotExist):
			result = err
		}
	}
	return nil, result
}

// parseData reads one file, which must belong to the user of the process: anybody may put files into a folder of that name.
func (j *JVM) parseData(p string) (*perfdata.Data, error) {
	b, err := j.readBelow(p, perfdata.MaxBytes, func(st *unix.Stat_t) error {
		if st.Uid != j.UID && st.Uid != 0 {
			return fmt.Errorf("%s belongs to user %s", p, userName(st.Uid))
		}
		return nil
	})
	if errors.Is(err, fs.ErrPermission) {
		return nil, errOthersData
	}
	if err != nil {
		return nil, err
	}
	return perfdata.Parse(b)
}

// missing says why there are no counters.
func (j *JVM) missing(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrPermission), errors.Is(err, errOthersData):
		return "its performance data is readable by its own user and root only"
	case errors.Is(err, perfdata.ErrNotReady):
		return "it is still starting"
	case errors.Is(err, fs.ErrNotExist):
		return errNoData.Error()
	}
	return err.Error()
}
