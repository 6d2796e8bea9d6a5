// Package live finds the HotSpot JVMs that run on this machine and in its containers, reads what they count, and asks them for
// histograms and heap dumps. It needs no JDK and no agent.
//
// Two ways lead to a JVM:
//
//   - performance data (package perfdata): a file that the JVM updates as it runs. Reading it costs the JVM nothing and works while it
//     hangs. List and JVM.Refresh use it alone.
//   - the attach mechanism: a UNIX socket on which the JVM takes commands (JVM.Attach). A thread of the JVM answers them one after the
//     other. HotSpot begins to listen when it gets SIGQUIT and finds a trigger file .attach_pidN; without that file the signal prints a
//     thread dump, and without a handler it ends the process, so both are checked before.
//
// A container's JVM has its own process numbers, file system and perhaps users. Its files are reached by /proc/PID/root, below which
// links lead nowhere else. What lies there was written by somebody else and is not trusted: files are opened only where they are
// regular and belong to the user of the process.
//
// Linux only; elsewhere every function returns ErrUnsupported.
//
// Sources: HotSpot's attachListener.cpp, attachListener_posix.cpp, perfMemory_posix.cpp and os_linux.cpp, and the client of the
// jdk.attach module, JDK 8 to 25.
package live
