// Package index is the file in which a heap graph outlives the command that built it. It knows sections of bytes, their
// hashes, whose dump they are, and the folder that such files lie in; it knows nothing of objects. Package graph fills the
// sections and reads them.
//
// # Format
//
// Numbers are in the byte order of the machine that wrote the file: a file of the other order is refused. The file is a sequence
// of blocks of 16 KiB (BlockBytes); every section begins at a block.
//
//	block 0     header: magic (16 bytes), version, order mark (uint32 each), size of the file, offset of the hash table,
//	            its hash (uint64 each), number of sections, bytes of the description (uint32 each), the section table (id and
//	            a spare uint32, offset and length as uint64), the description; the last 8 bytes are the hash of the rest
//	sections    in the order in which they were written, zeros behind each up to the next block
//	hash table  for each block before it, the header's included (as 0), its xxhash64
//
// # What is verified when
//
// Open checks owner, mode and length of the file, the header, the hash table, and that the dump is the one described. A section's
// block is verified when it is first touched, through Section.Ok. What is not verified is not used: the caller gets an
// empty answer, and File.Err tells that all answers are void.
//
// The hashes find damage, not forgery: a file that another user could have written is not opened at all.
package index
