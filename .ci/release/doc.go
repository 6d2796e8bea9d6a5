// Command release builds what a version of heapcause is published as: an archive per platform, Debian packages, a bill of
// materials per binary, and the checksums of all. Nothing in them depends on the clock, the folder or the machine, so that
// anybody with the same commit and the same Go can make the same bytes.
//
// It is a module of its own, so that its libraries are none of heapcause's.
package main
