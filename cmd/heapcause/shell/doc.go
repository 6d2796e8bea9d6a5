// Package shell is what an interactive session needs besides the commands: the words of a line, numbers that stand for objects
// shown before, history, a line editor and a pager. It knows nothing of heaps and commands.
package shell
