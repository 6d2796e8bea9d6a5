//go:build !unix

package main

// victim is for systems with signals and limits of file sizes.
func victim() { main() }
