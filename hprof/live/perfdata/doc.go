// Package perfdata reads the performance data that a HotSpot JVM keeps in a file: hsperfdata_USER/PID in the system's temporary
// folder, a memory that the JVM maps and updates as it runs. Reading it costs the JVM nothing and asks it nothing.
//
// The layout is version 2.0 of HotSpot's PerfMemory (perfMemory.hpp), in the byte order of the machine:
//
//	offset  bytes
//	 0      4      magic ca fe c0 c0, big-endian always
//	 4      1      byte order: 0 big-endian, 1 little-endian
//	 5      2      version: major, minor
//	 7      1      1 when the JVM has filled it
//	 8      4      bytes used
//	12      4      bytes that did not fit
//	16      8      time of the last update, in ticks
//	24      4      offset of the first entry
//	28      4      number of entries
//
// and each entry
//
//	 0      4      length of the entry
//	 4      4      offset of the name, from the entry's begin; the name ends with 0
//	 8      4      elements of a vector; 0 for a number
//	12      1      type: J is a 64-bit number, B a byte (a vector of them is a text)
//	13      3      flags, units, variability
//	16      4      offset of the value, from the entry's begin
//
// The file belongs to whoever runs the JVM, so nothing in it is trusted.
package perfdata
