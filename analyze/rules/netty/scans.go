package netty

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// Classes of Netty's pool.
const (
	chunkClass   = "io.netty.buffer.PoolChunk"
	bufferClass  = "io.netty.buffer.PooledByteBuf"
	countedClass = "io.netty.buffer.AbstractReferenceCountedByteBuf"
	cachedClass  = "io.netty.buffer.PoolThreadCache$MemoryRegionCache$Entry"
	subpageClass = "io.netty.buffer.PoolSubpage"
)

var chunkScan = analyze.Instances("Netty's chunks", analyze.Known{Class: chunkClass, Fields: []string{"arena", "memory", "unpooled", "chunkSize", "freeBytes", "memoryMap"}})

// buffer is a pooled buffer whose reference count is above zero.
type buffer struct {
	object, chunk graph.Object
	size          int64
}

var bufferScan = &analyze.Scan{Name: "Netty's pooled buffers", Start: func(b *analyze.Binder) analyze.Scanner {
	chunk, ok1 := b.Need(bufferClass, "chunk")
	size, ok2 := b.Need(bufferClass, "maxLength")
	count, ok3 := b.Need(countedClass, "refCnt")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	if len(b.ClassesByName("io.netty.util.internal.ReferenceCountUpdater")) == 0 {
		b.Unknown(countedClass, "refCnt that ReferenceCountUpdater writes (Netty before 4.1.36)")
		return nil
	}
	return &analyze.Rows[buffer]{
		Wanted: b.Subclasses(bufferClass),
		Read: func(v *graph.View) buffer {
			if n := v.Int(count); n&1 != 0 || n == 0 { // the count is kept doubled; an odd one stands for zero
				return buffer{v.Object, graph.NoObject, 0}
			}
			return buffer{v.Object, v.Ref(chunk), v.Int(size)}
		},
		Object: func(b buffer) graph.Object { return b.object },
	}
}}

// cached is a piece of a chunk that a thread keeps.
type cached struct {
	object, chunk graph.Object
	handle        int64
}

var cachedScan = &analyze.Scan{Name: "caches of Netty's threads", Start: func(b *analyze.Binder) analyze.Scanner {
	chunk, ok := b.Need(cachedClass, "chunk")
	handle, ok2 := b.Need(cachedClass, "handle")
	if !ok || !ok2 {
		return nil
	}
	return &analyze.Rows[cached]{
		Wanted: b.Subclasses(cachedClass),
		Read:   func(v *graph.View) cached { return cached{v.Object, v.Ref(chunk), v.Int(handle)} },
		Object: func(c cached) graph.Object { return c.object },
	}
}}

// subpage is a page of a chunk that is cut up into elements of one size.
type subpage struct {
	object, chunk                         graph.Object
	index, size, elements, free, pageSize int64
	inUse                                 bool
}

var subpageScan = &analyze.Scan{Name: "Netty's pages that are cut up", Start: func(b *analyze.Binder) analyze.Scanner {
	var f [7]graph.Field
	for i, name := range []string{"chunk", "memoryMapIdx", "elemSize", "maxNumElems", "numAvail", "pageSize", "doNotDestroy"} {
		var ok bool
		if f[i], ok = b.Need(subpageClass, name); !ok {
			return nil
		}
	}
	return &analyze.Rows[subpage]{
		Wanted: b.Subclasses(subpageClass),
		Read: func(v *graph.View) subpage {
			return subpage{v.Object, v.Ref(f[0]), v.Int(f[1]), v.Int(f[2]), v.Int(f[3]), v.Int(f[4]), v.Int(f[5]), v.Bool(f[6])}
		},
		Object: func(s subpage) graph.Object { return s.object },
	}
}}
