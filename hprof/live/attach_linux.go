package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Question is a command that a JVM has been given.
type Question struct {
	jvm     *JVM
	command string
	conn    net.Conn
	done    chan struct{}
	result  int
	text    string
	err     error
}

// Done is closed when the JVM has answered, or never will.
func (q *Question) Done() <-chan struct{} { return q.done }

// Close gives up waiting. The JVM carries the command out all the same.
func (q *Question) Close() { _ = q.conn.Close() }

// Answer is what the JVM printed, once Done. What it reports as an error is an AttachError.
func (q *Question) Answer() (string, error) {
	switch {
	case (errors.Is(q.err, errNoAnswer) || errors.Is(q.err, unix.ECONNRESET)) && q.jvm.ends(endWithin):
		return "", q.jvm.ended()
	case errors.Is(q.err, errNoAnswer):
		return "", q.jvm.refused(errNoAnswer, "it ended, or it does not take commands from this user and group")
	case q.err != nil:
		return "", q.jvm.refused(fmt.Errorf("%s: %w", q.command, q.err), "")
	case q.result == badVersion:
		return "", q.jvm.refused(fmt.Errorf("%s: the JVM does not speak this version of the protocol", q.command), "")
	case q.result != 0:
		return "", q.jvm.refused(fmt.Errorf("%s: the JVM says: %s", q.command, orNothing(words(q.text))), "")
	}
	return q.text, nil
}

func orNothing(s string) string {
	if s == "" {
		return "nothing but that it failed"
	}
	return s
}

// Ask gives the JVM a command and returns what it prints. It waits for the answer no longer than the timeout.
func (j *JVM) Ask(ctx context.Context, timeout time.Duration, command string, args ...string) (string, error) {
	q, err := j.Begin(ctx, timeout, command, args...)
	if err != nil {
		return "", err
	}
	defer q.Close()
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-q.Done():
		return q.Answer()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-t.C:
		return "", j.silent(command, timeout)
	}
}

// Begin gives the JVM a command and does not wait for the answer. The timeout is for making the JVM listen.
//
// Commands are those of the attach mechanism: "jcmd" with a diagnostic command as its argument, "dumpheap" and others.
func (j *JVM) Begin(ctx context.Context, timeout time.Duration, command string, args ...string) (*Question, error) {
	b, err := request(command, args...)
	if errors.Is(err, errLongArgument) {
		if err := j.speaks2(ctx, timeout); err != nil {
			return nil, err
		}
		b, err = request2(command, args...), nil
	}
	if err != nil {
		return nil, j.refused(err, "")
	}
	return j.send(ctx, timeout, command, b)
}

// speaks2 returns an error when the JVM does not take requests of version 2.
func (j *JVM) speaks2(ctx context.Context, timeout time.Duration) error {
	version, err := j.Ask(ctx, timeout, "getversion")
	if n, _ := strconv.Atoi(words(version)); err == nil && n >= 2 {
		return nil
	}
	return j.refused(errLongArgument, "use a shorter path")
}

func (j *JVM) send(ctx context.Context, timeout time.Duration, command string, request []byte) (*Question, error) {
	deadline := time.Now().Add(timeout)
	tmp, err := j.listening(ctx, deadline)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tmp.Close() }()
	conn, err := j.connect(ctx, tmp, deadline)
	if err != nil {
		return nil, err
	}
	_ = conn.SetWriteDeadline(deadline)
	if _, err := conn.Write(request); err != nil {
		_ = conn.Close()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, j.silent(command, timeout)
		case j.ends(endWithin):
			return nil, j.ended()
		}
		return nil, j.refused(fmt.Errorf("%s: %w", command, err), "")
	}
	q := &Question{jvm: j, command: command, conn: conn, done: make(chan struct{})}
	go func() {
		defer close(q.done)
		q.result, q.text, q.err = readAnswer(conn)
	}()
	return q, nil
}

// MayAttach returns why this process cannot give the JVM commands, as far as that shows without trying.
func (j *JVM) MayAttach() error {
	switch {
	case os.Geteuid() != 0 && uint32(os.Geteuid()) != j.UID:
		return j.refused(fmt.Errorf("belongs to user %s: a JVM takes commands from its own user and root only", j.User),
			"sudo -u "+j.User+" heapcause …, or as root")
	case !j.attach:
		return j.refused(errors.New("was started with -XX:+DisableAttachMechanism and takes no commands"),
			"jhsdb jmap --binaryheap --pid of its JDK reads it from outside; -XX:+HeapDumpOnOutOfMemoryError makes a dump at the end")
	case j.State == 'T' || j.State == 't':
		return j.refused(errors.New("is stopped (SIGSTOP, or a debugger): nothing in it runs"), fmt.Sprintf("kill -CONT %d lets it go on", j.PID))
	}
	return nil
}

// refused is an error about this JVM.
func (j *JVM) refused(err error, hint string) error {
	return &AttachError{j.PID, fmt.Errorf("JVM %d: %w", j.PID, err), hint}
}

// ended is the error of a JVM that ended while it was asked.
func (j *JVM) ended() error {
	return j.refused(errors.New("has ended meanwhile"), "heapcause ps lists the JVMs that run")
}

// silent says that there was no answer in time, and what the process does instead as far as the kernel knows.
func (j *JVM) silent(command string, waited time.Duration) error {
	err := j.Refresh()
	switch {
	case err != nil:
		return j.ended()
	case j.MayAttach() != nil:
		return j.MayAttach()
	}
	return j.refused(fmt.Errorf("%s: no answer within %s: it hangs, or stands in a long collection or another safepoint", command, waited),
		fmt.Sprintf("heapcause watch %d --no-attach reads what it counts without asking it; --timeout waits longer", j.PID))
}

func (j *JVM) socketName() string { return ".java_pid" + strconv.Itoa(j.NSPID) }

// tmpName is the folder of HotSpot's sockets on Linux, whatever java.io.tmpdir says.
func (j *JVM) tmpName() string {
	if j.tmp != "" {
		return j.tmp
	}
	return "/tmp"
}

// listening makes the JVM listen if it does not yet, and opens the folder that its socket lies in.
func (j *JVM) listening(ctx context.Context, deadline time.Time) (*os.File, error) {
	if err := j.MayAttach(); err != nil {
		return nil, err
	}
	tmp, err := j.openBelow(j.tmpName(), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, j.refused(fmt.Errorf("its folder for sockets: %w", err), "")
	}
	there, err := j.socketThere(tmp)
	if err == nil && !there {
		err = j.wake(ctx, tmp, deadline)
	}
	if err != nil {
		_ = tmp.Close()
		return nil, err
	}
	return tmp, nil
}

// socketThere reports whether the JVM's socket is there. Anybody may put one there, so it must belong to the JVM's user.
func (j *JVM) socketThere(tmp *os.File) (bool, error) {
	var st unix.Stat_t
	err := unix.Fstatat(int(tmp.Fd()), j.socketName(), &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return false, nil
	case err != nil:
		return false, j.refused(fmt.Errorf("its socket: %w", err), "")
	case st.Mode&unix.S_IFMT != unix.S_IFSOCK:
		return false, j.refused(fmt.Errorf("%s/%s is no socket", j.tmpName(), j.socketName()), "somebody else put it there: remove it")
	case st.Uid != j.UID && st.Uid != 0:
		return false, j.refused(fmt.Errorf("%s/%s belongs to user %s", j.tmpName(), j.socketName(), userName(st.Uid)), "somebody else put it there: remove it")
	}
	return true, nil
}

// firstPoll is how long to wait before looking for the socket again; each time it doubles, up to lastPoll.
const (
	firstPoll = 5 * time.Millisecond
	lastPoll  = 200 * time.Millisecond
)

// wake makes the JVM listen: the trigger file, SIGQUIT, and waiting for the socket.
func (j *JVM) wake(ctx context.Context, tmp *os.File, deadline time.Time) error {
	if err := j.Refresh(); err != nil {
		return j.refused(err, "heapcause ps lists the JVMs that run")
	}
	if !j.catchQuit {
		return j.refused(errors.New("does not handle SIGQUIT, the signal that makes it listen: it would end it"),
			"it may be just starting: try again; under -Xrs it listens from its start on, unless somebody removed its socket")
	}
	remove, err := j.trigger(tmp)
	if err != nil {
		return err
	}
	defer remove()
	begun := time.Now()
	if err := j.quit(); err != nil {
		return err
	}
	again := begun.Add(deadline.Sub(begun) / 2) // once more: the first may have come too early
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		switch there, err := j.socketThere(tmp); {
		case err != nil:
			return err
		case there:
			return nil
		case j.gone():
			return j.ended()
		}
		switch now := time.Now(); {
		case now.After(deadline):
			return j.silent("attach", deadline.Sub(begun).Round(time.Second/10))
		case now.After(again):
			again = deadline.Add(time.Hour)
			if err := j.quit(); err != nil {
				return err
			}
		}
	}
}

// trigger makes the file that tells the JVM that SIGQUIT means attaching: in its folder for sockets, else in its working folder. It
// must belong to the JVM's user.
func (j *JVM) trigger(tmp *os.File) (remove func(), err error) {
	name := ".attach_pid" + strconv.Itoa(j.NSPID)
	remove, err = j.makeTrigger(tmp, name)
	if err == nil {
		return remove, nil
	}
	cwd, cwdErr := openPath(j.proc("cwd"))
	if cwdErr == nil {
		defer func() { _ = cwd.Close() }()
		if remove, e := j.makeTrigger(cwd, name); e == nil {
			return remove, nil
		}
	}
	return nil, j.refused(fmt.Errorf("the file %s/%s, which tells it to listen: %w", j.tmpName(), name, err), "")
}

func (j *JVM) makeTrigger(dir *os.File, name string) (remove func(), err error) {
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if errors.Is(err, unix.EEXIST) { // somebody else attaches just now, or was interrupted in it
		var st unix.Stat_t
		if unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && (st.Uid == j.UID || st.Uid == 0) {
			return func() {}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		err = unix.Fchown(fd, int(j.UID), int(j.GID)) // JDK 8 wants its own user, not root
	}
	_ = unix.Close(fd)
	own, dupErr := unix.Dup(int(dir.Fd())) // the process may end, and its folders in /proc with it
	if err == nil {
		err = dupErr
	}
	if err != nil {
		_ = unix.Unlinkat(int(dir.Fd()), name, 0)
		return nil, err
	}
	return func() {
		_ = unix.Unlinkat(own, name, 0)
		_ = unix.Close(own)
	}, nil
}

// quit sends SIGQUIT to this very process and to none that has got its number since.
func (j *JVM) quit() error {
	fd, err := unix.PidfdOpen(j.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return j.refused(ErrNoProcess, "heapcause ps lists the JVMs that run")
	}
	if e := j.Refresh(); e != nil {
		return j.refused(e, "heapcause ps lists the JVMs that run")
	}
	if err == nil {
		defer func() { _ = unix.Close(fd) }()
		err = unix.PidfdSendSignal(fd, unix.SIGQUIT, nil, 0)
	} else { // before Linux 5.3
		err = unix.Kill(j.PID, unix.SIGQUIT)
	}
	if err != nil {
		return j.refused(fmt.Errorf("SIGQUIT, which makes it listen: %w", err), "")
	}
	return nil
}

// connect connects to the JVM's socket as the JVM's user: JDKs before 11 refuse root.
func (j *JVM) connect(ctx context.Context, tmp *os.File, deadline time.Time) (net.Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	at := &unix.SockaddrUnix{Name: fdPath(tmp, j.socketName())}
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		err = asUser(j.UID, j.GID, func() error { return unix.Connect(fd, at) })
		if !errors.Is(err, unix.EAGAIN) || time.Now().After(deadline) {
			break
		}
		t := time.NewTimer(wait) // its queue is full: others ask too
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
		if ctx.Err() != nil {
			err = ctx.Err()
			break
		}
	}
	if err == nil {
		err = j.checkPeer(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, j.connectError(err)
	}
	f := os.NewFile(uintptr(fd), "attach")
	defer func() { _ = f.Close() }()
	return net.FileConn(f)
}

// checkPeer refuses a socket on which another process listens.
func (j *JVM) checkPeer(fd int) error {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	switch {
	case err != nil:
		return err
	case cred.Pid != 0 && int(cred.Pid) != j.PID:
		return fmt.Errorf("process %d listens on its socket %s/%s", cred.Pid, j.tmpName(), j.socketName())
	}
	return nil
}

func (j *JVM) connectError(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, unix.EAGAIN):
		return j.refused(errors.New("takes no more commands: others wait already, and it does not answer"),
			fmt.Sprintf("heapcause watch %d --no-attach reads what it counts without asking it", j.PID))
	case errors.Is(err, unix.ECONNREFUSED):
		return j.refused(errors.New("does not listen on its socket any more"),
			fmt.Sprintf("if %s/%s is left from a JVM that ended, remove it", j.tmpName(), j.socketName()))
	}
	return j.refused(fmt.Errorf("connecting: %w", err), "")
}
