// Package hoards has the rules on what the JVM or a program keeps to the end and should have few of: exit hooks, exceptions, JNI globals.
package hoards

import "heapcause/analyze"

// Rules returns the rules of this package.
func Rules() []*analyze.Rule { return []*analyze.Rule{ExitHooks, Throwables, JNIGlobals} }
