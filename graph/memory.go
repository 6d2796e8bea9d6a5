package graph

import (
	"context"
	"fmt"

	"heapcause/hprof"
)

// The model of the memory and the temporary disk space that Build takes at its peak. It follows from the arrays that are alive
// at once, and is fitted to scale-1, zoo and pg-timer (docs/performance.md). Memory is resident memory: pages of the mapped
// temporary files count as long as the system does not take them back.
const (
	fixedMemory        = 44 << 20 // program and buffers
	bufferMemory       = 32 << 20 // more of them, in dumps of 256 MiB and more; in proportion in smaller ones
	memoryPerClass     = 2 << 10
	memoryPerObject    = 2.0
	memoryPerCore      = 16.0
	memoryPerFinalizer = 400 // the rules' rows of what is registered, and of statements and tasks that are among it

	fixedDisk        = 4 << 20
	diskPerObject    = 14.0
	diskPerReference = 8.0
)

// census is what a dump holds, in full or as a sample suggests.
type census struct {
	objects, core, refs, classes, finalizers int64
}

// needs returns the peaks of memory and temporary disk space of Build and of an analysis.
func (o *Options) needs(c census, dumpBytes int64) (memory, disk int64) {
	memory = fixedMemory + min(bufferMemory, dumpBytes/8) + memoryPerClass*c.classes + memoryPerFinalizer*c.finalizers +
		int64(memoryPerObject*float64(c.objects)+memoryPerCore*float64(c.core))
	disk = fixedDisk
	if columns := int64(diskPerObject * float64(c.objects)); o.columnsInMemory(dumpBytes) {
		memory += columns
	} else {
		disk += columns
	}
	if o.inbound() {
		disk += int64(diskPerReference * float64(c.refs))
	}
	return memory, disk
}

const (
	inMemoryBytes = 128 << 20 // of heap dump: few enough objects for columns in memory, about 60 MiB
	tightMemory   = 512 << 20 // with less than this, columns always go to disk
)

// columnsInMemory reports whether the columns of a dump of that size stay in memory instead of a mapped temporary file.
func (o *Options) columnsInMemory(dumpBytes int64) bool {
	return dumpBytes <= inMemoryBytes && (o.MaxMemory == 0 || o.MaxMemory >= tightMemory)
}

// MemoryError says that the graph of a dump needs more memory than Options.MaxMemory.
type MemoryError struct {
	Need, Limit int64  // bytes
	What        string // that needs it; "" is the graph of the dump
}

func (e *MemoryError) Error() string {
	what := e.What
	if what == "" {
		what = "the graph of this dump"
	}
	return fmt.Sprintf("%s needs about %d MiB of memory, more than the %d MiB it may use", what, mebibytes(e.Need), mebibytes(e.Limit))
}

func mebibytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }

// refuse returns a *MemoryError for a dump whose graph does not fit, before anything is read but a sample. A dump that is
// small enough whatever is in it is not sampled: an object takes 17 bytes or more of it.
func refuse(ctx context.Context, f *hprof.File, opt Options) error {
	if opt.MaxMemory == 0 {
		return nil
	}
	objects := f.HeapBytes() / int64(9+f.IDSize)
	if most, _ := opt.needs(census{objects: objects, core: objects, classes: int64(len(f.Classes))}, f.Size); most <= opt.MaxMemory {
		return nil
	}
	e, err := EstimateBuild(ctx, f, opt)
	if err != nil {
		return err
	}
	return opt.fit(e.Memory)
}

func (o *Options) fit(need int64) error {
	if o.MaxMemory > 0 && need > o.MaxMemory {
		return &MemoryError{Need: need, Limit: o.MaxMemory}
	}
	return nil
}

// fits is refuse once the objects have been counted: a sample may have been wrong by a quarter, not by more.
func (b *builder) fits() error {
	need, _ := b.h.opt.needs(census{objects: int64(b.h.n), core: b.coreN, classes: int64(len(b.h.classes))}, b.h.file.Size)
	if err := b.h.opt.fit(need / 5 * 4); err != nil {
		return &MemoryError{Need: need, Limit: b.h.opt.MaxMemory}
	}
	return nil
}

// Afford returns a *MemoryError where what is to be done with the heap takes so many bytes that they do not fit beside it.
func (h *Heap) Afford(what string, bytes int64) error {
	need := fixedMemory + bytes
	if h.kept == nil && h.opt.columnsInMemory(h.file.Size) {
		need += int64(diskPerObject * float64(h.n))
	}
	if h.opt.MaxMemory > 0 && need > h.opt.MaxMemory {
		return &MemoryError{Need: need, Limit: h.opt.MaxMemory, What: what}
	}
	return nil
}
