// Package gzip reads the heap dumps that HotSpot packs (jcmd GC.heap_dump -gz=N) at any place, without unpacking them first.
//
// Such a file is a row of gzip members (RFC 1952), each of which stands for itself and unpacks to one block of the dump
// (JDK: src/hotspot/share/services/heapDumperCompression.cpp). The first has a comment, "HPROF BLOCKSIZE=1048576", the
// most that any block has; a parallel dump is put together from files that begin so, and the comment repeats. Most
// blocks are a little shorter: a record that does not fit begins the next one. Nothing lists where members begin. A member's
// last four bytes say how much it unpacks to, so that a table of all blocks needs their borders alone.
//
// # Finding members
//
// [Open] looks for the bytes that begin a member. They can occur inside packed data too (a heap holds gzip files, and what
// cannot be packed is stored as it is), and damage can hide them. So a place is taken for a border when it has a header as
// HotSpot writes it, and the length before it fits: at most one block, and neither more nor less than deflate can make of so many
// bytes. A member that looks unlike others, because it unpacks to less than 15/16 of a block, is packed half as well as both of its
// neighbours, or is the first or last, is unpacked at once: it must end at the next border with the right checksum, or the border
// is wrong and is set right. All other members are checked when they are first read.
//
// # Damage
//
// A member that cannot be unpacked becomes a hole of its length: what came out before the fault, then zeros. All others keep
// their content and, as far as the table tells, their place. [Reader.Flaws] lists the damage.
package gzip
