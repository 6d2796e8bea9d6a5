package buffers

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// Kind says whose the memory of a buffer is.
type Kind uint8

// The kinds of direct buffers.
const (
	Direct  Kind = iota // allocated with it, freed by its cleaner
	Mapped              // a file, mapped with it
	View                // a slice, duplicate or view of another buffer
	Foreign             // native code's, or Unsafe's: no cleaner frees it
)

// Buffer is a DirectByteBuffer.
type Buffer struct {
	Capacity int64
	object   uint32
	Kind     Kind
}

// Object returns the buffer.
func (b Buffer) Object() graph.Object { return graph.Object(b.object) }

// Scan collects direct byte buffers.
var Scan = &analyze.Scan{Name: "direct buffers", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.nio.DirectByteBuffer"
	capacity, ok1 := b.Need("java.nio.Buffer", "capacity")
	att, ok2 := b.Need(class, "att")
	cleaner, ok3 := b.Need(class, "cleaner")
	fd, ok4 := b.Need("java.nio.MappedByteBuffer", "fd")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil
	}
	return &analyze.Rows[Buffer]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) Buffer {
			row := Buffer{v.Int(capacity), uint32(v.Object), Foreign}
			switch {
			case v.IsSet(att):
				row.Kind = View
			case v.IsSet(fd):
				row.Kind = Mapped
			case v.IsSet(cleaner):
				row.Kind = Direct
			}
			return row
		},
		Object: Buffer.Object,
	}
}}

// Chunk is a chunk of one of Netty's arenas.
type Chunk struct {
	Size, Free    int64
	object, arena uint32
	Unpooled      bool
}

// ChunkScan collects Netty's chunks.
var ChunkScan = &analyze.Scan{Name: "netty chunks", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "io.netty.buffer.PoolChunk"
	arena, ok1 := b.Need(class, "arena")
	size, ok2 := b.Need(class, "chunkSize")
	free, ok3 := b.Need(class, "freeBytes")
	unpooled, ok4 := b.Need(class, "unpooled")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil
	}
	return &analyze.Rows[Chunk]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) Chunk {
			return Chunk{Size: v.Int(size), Free: v.Int(free), object: uint32(v.Object), arena: uint32(v.Ref(arena)), Unpooled: v.Bool(unpooled)}
		},
		Object: func(c Chunk) graph.Object { return graph.Object(c.object) },
	}
}}
