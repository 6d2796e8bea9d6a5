// Package hprof reads Java heap dumps in the HPROF binary format.
//
// It knows bytes and records, not objects: what a record means for reachability is package graph's business.
// Sources: "HPROF Binary Format" in the JDK (src/hotspot/share/services/heapDumper.cpp carries the grammar as a
// comment) and, for JAVA PROFILE 1.0.3, ART's hprof.cc. All integers are big-endian.
//
// # File
//
//	[u1]*  "JAVA PROFILE 1.0.2" (or 1.0, 1.0.1, 1.0.3) and a NUL
//	u4     size of an identifier: 4 or 8
//	u8     milliseconds since the epoch
//	record*
//
// # Record
//
//	u1 tag, u4 microseconds since the header's time, u4 length of the body, body
//
// UTF8 (0x01), LOAD_CLASS (0x02), FRAME (0x04), TRACE (0x05), HEAP_DUMP (0x0C), HEAP_DUMP_SEGMENT (0x1C) and
// HEAP_DUMP_END (0x2C) are used; every other tag is skipped by its length. A length has 32 bits: a HEAP_DUMP of more
// than 4 GiB wraps, and a writer that was interrupted leaves 0. [Open] repairs both.
//
// # Heap dump sub-records
//
//	ROOT_UNKNOWN       0xFF  id
//	ROOT_JNI_GLOBAL    0x01  id, id of the JNI reference
//	ROOT_JNI_LOCAL     0x02  id, u4 thread serial, u4 frame number
//	ROOT_JAVA_FRAME    0x03  id, u4 thread serial, u4 frame number
//	ROOT_NATIVE_STACK  0x04  id, u4 thread serial
//	ROOT_STICKY_CLASS  0x05  id
//	ROOT_THREAD_BLOCK  0x06  id, u4 thread serial
//	ROOT_MONITOR_USED  0x07  id
//	ROOT_THREAD_OBJECT 0x08  id, u4 thread serial, u4 stack trace serial
//	CLASS_DUMP         0x20  id, u4 trace, ids: super, loader, signers, protection domain, two reserved; u4 instance size;
//	                         u2 n, n × (u2 index, u1 type, value); u2 n, n × (id name, u1 type, value); u2 n, n × (id name, u1 type)
//	INSTANCE_DUMP      0x21  id, u4 trace, id class, u4 n, n bytes: the class's own fields first, then its superclass's
//	OBJECT_ARRAY_DUMP  0x22  id, u4 trace, u4 n, id array class, n ids
//	PRIMITIVE_ARRAY    0x23  id, u4 trace, u4 n, u1 element type, n values
//
// Android adds the roots 0x89-0x8E and 0x90, 0xC3 (primitive array without data) and 0xFE (heap info: u4, id).
//
// # Damage
//
// [Cursor.Mend] and the walk over top-level records go on after damage at the next plausible record: see chainLength and
// topChain for the rules, and docs/damage.md. Parts that an interrupted parallel dump leaves are joined by joinParts.
package hprof
