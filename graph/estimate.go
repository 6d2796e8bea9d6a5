package graph

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"heapcause/hprof"
)

// Estimate says what building the graph of a dump will take, from its header, its classes and a sample of its heap. The
// counts are of the whole dump, as the sample suggests.
type Estimate struct {
	HeapBytes  int64 // of all heap segments
	Objects    int64
	Core       int64 // objects with outgoing references that matter for dominators
	References int64 // that are not null
	Classes    int64
	Sampled    int64 // bytes read for it

	ScanCPU  time.Duration // processor time of a histogram
	BuildCPU time.Duration // processor time of Build with inbound references
	Workers  int
	Wall     time.Duration // of Build, with that many workers
	Memory   int64         // peak resident size of Build, bytes
	Disk     int64         // peak of temporary files, bytes
}

// The sample: pieces of the heap part at equal distances.
const (
	samplePieces = 192
	samplePiece  = 256 << 10
	sampleElems  = 64 << 10 // of an array that is longer than a piece
	syncWindow   = 64 << 10 // searched for a record inside a long segment
)

// The model of what Build takes, fitted to scale-1, zoo and pg-timer on one machine (docs/performance.md). Memory and disk
// follow from the arrays that are alive at once; times are those of the machine, corrected by how fast it walks the sample.
const (
	fixedMemory     = 60 << 20 // program, buffers, class table
	memoryPerClass  = 2 << 10
	memoryPerObject = 4.0
	memoryPerCore   = 18.0

	fixedDisk        = 4 << 20
	diskPerObject    = 14.0
	diskPerReference = 8.0

	fixedCPU        = 0.15 // seconds
	cpuPerGB        = 0.6  // reading and decoding, twice
	cpuPerObject    = 150e-9
	cpuPerReference = 110e-9
	cpuPerCore      = 150e-9
	scanPerGB       = 0.2
	scanPerObject   = 6e-9

	referenceWalk  = 9e-9  // seconds per record in the walk of the sample on the machine of the fit
	sequentialPart = 0.45  // of Build's processor time, which more workers do not shorten
	cacheObjects   = 20e6  // from here on each doubling makes random access dearer
	cacheGrowth    = 0.08  // by this part
	cachedRate     = 1.5e9 // bytes per second: a first touch that is faster comes from the page cache
)

// sample is what a piece of the heap holds per byte of it.
type sample struct {
	objects, core, refs float64
}

// sampler reads pieces.
type sampler struct {
	b     *builder
	byID  *classMap
	cur   *hprof.Cursor
	buf   []byte
	read  int64           // bytes
	took  time.Duration   // for reading them
	walks []time.Duration // per record, of each piece
}

// EstimateBuild reads at most about 64 MiB of the dump and says what Build with those options will take.
func EstimateBuild(ctx context.Context, f *hprof.File, opt Options) (*Estimate, error) {
	h := &Heap{file: f, idSize: f.IDSize, opt: opt}
	b := &builder{h: h}
	known := b.leadingClasses()
	h.resetClasses(known)
	b.predictRoots(nil)
	s := &sampler{b: b, byID: newClassMap(h.classes), cur: hprof.NewSmallCursor(f), buf: make([]byte, samplePiece)}
	e := &Estimate{HeapBytes: f.HeapBytes(), Classes: int64(max(len(known), len(f.Classes)))}
	pieces := int(min(samplePieces, e.HeapBytes/samplePiece+1))
	starts := segmentStarts(f.Segments)
	var sum sample
	for i := range pieces {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at := int64((float64(i) + 0.5) / float64(pieces) * float64(e.HeapBytes))
		j := sort.Search(len(starts), func(j int) bool { return starts[j] > at }) - 1
		if j < 0 {
			break
		}
		one := s.piece(f.Segments[j], at-starts[j])
		sum.objects += one.objects
		sum.core += one.core
		sum.refs += one.refs
	}
	scale := float64(e.HeapBytes) / float64(max(pieces, 1))
	e.Objects, e.Core, e.References = int64(sum.objects*scale), int64(sum.core*scale), int64(sum.refs*scale)
	e.Objects = max(e.Objects, e.Classes)
	e.Core = min(e.Core, e.Objects)
	e.Sampled = s.read
	e.Memory, e.Disk = needs(e.Objects, e.Core, e.References, e.Classes, opt.inbound(), f.Size)
	e.Workers = opt.workers()
	s.times(e, f.Size, e.Workers)
	return e, nil
}

// segmentStarts returns how many heap bytes lie before each segment.
func segmentStarts(segs []hprof.Segment) []int64 {
	out := make([]int64, len(segs))
	sum := int64(0)
	for i, s := range segs {
		out[i] = sum
		sum += s.Length
	}
	return out
}

// needs returns the peaks of memory and temporary disk space of Build.
func needs(objects, core, refs, classes int64, inbound bool, dumpBytes int64) (memory, disk int64) {
	memory = fixedMemory + memoryPerClass*classes + int64(memoryPerObject*float64(objects)+memoryPerCore*float64(core))
	disk = fixedDisk
	perObject := diskPerObject
	if dumpBytes <= inMemoryBytes { // columns stay in memory
		memory += int64(perObject * float64(objects))
		perObject = 0
	}
	disk += int64(perObject * float64(objects))
	if inbound {
		disk += int64(diskPerReference * float64(refs))
	}
	return memory, disk
}

// times fills in the times, from how fast this machine read and walked the sample.
func (s *sampler) times(e *Estimate, dumpBytes int64, workers int) {
	pace := 1.0
	if len(s.walks) > 0 {
		slices.Sort(s.walks)
		pace = min(max(s.walks[len(s.walks)/2].Seconds()/referenceWalk, 0.25), 8)
	}
	gb, objects := float64(dumpBytes)/1e9, float64(e.Objects)
	dearer := 1 + cacheGrowth*max(0, math.Log2(max(objects, 1)/cacheObjects))
	build := pace * (fixedCPU + cpuPerGB*gb + dearer*(cpuPerObject*objects+cpuPerReference*float64(e.References)+cpuPerCore*float64(e.Core)))
	scan := pace * (fixedCPU/2 + scanPerGB*gb + scanPerObject*objects)
	wall := build * (sequentialPart + (1-sequentialPart)/float64(workers))
	if rate := float64(s.read) / max(s.took.Seconds(), 1e-9); rate < cachedRate {
		wall += float64(dumpBytes) / rate // the second read finds the dump cached, or costs this once more
	}
	e.BuildCPU, e.ScanCPU, e.Wall = seconds(build), seconds(scan), seconds(wall)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// piece samples a segment around an offset in it.
func (s *sampler) piece(g hprof.Segment, at int64) sample {
	start := g.Offset
	if g.Length > 16*samplePiece {
		if one, ok := s.longArray(g, at); ok {
			return one
		}
		start = s.sync(g, at)
	}
	return s.walk(start, g.Offset+g.Length-start)
}

// fetch reads n bytes into the page cache and the buffer, taking the time.
func (s *sampler) fetch(off, n int64) []byte {
	b := s.buf[:min(n, int64(len(s.buf)))]
	t := time.Now()
	k, _ := s.b.h.file.ReadAt(b, off)
	s.took += time.Since(t)
	s.read += int64(k)
	return b[:k]
}

// longArray samples the elements of an array that is most of its segment; false when the segment is no such thing.
func (s *sampler) longArray(g hprof.Segment, at int64) (sample, bool) {
	s.cur.Reset(g.Offset, g.Length)
	if !s.cur.Next() {
		return sample{}, false
	}
	r := s.cur.Rec
	switch {
	case r.Bytes < g.Length/10*9:
		return sample{}, false
	case r.Tag == hprof.PrimitiveArray:
		return sample{objects: 1 / float64(g.Length)}, true
	case r.Tag != hprof.ObjectArray:
		return sample{}, false
	}
	body := s.cur.Offset() - r.Bytes
	off := max(g.Offset+at-body, 0) / 8 * 8
	p := s.fetch(body+off, min(sampleElems, r.Bytes-off))
	perByte := float64(s.notNull(p)) / float64(max(len(p), 1))
	return sample{objects: 1 / float64(g.Length), core: 1 / float64(g.Length), refs: perByte}, true
}

// notNull counts the references in elements.
func (s *sampler) notNull(p []byte) (n int64) {
	size := s.b.h.idSize
	for ; len(p) >= size; p = p[size:] {
		if !allZero(p[:size]) {
			n++
		}
	}
	return n
}

// sync finds the start of an instance record at or after an offset in a long segment: a class of the dump, followed by the
// length of that class's instances. Where there is none near, the segment's start has to do.
func (s *sampler) sync(g hprof.Segment, at int64) int64 {
	h := s.b.h
	p := s.fetch(g.Offset+at, min(syncWindow, g.Length-at))
	head := 1 + h.idSize + 4
	for i := 0; i+head+h.idSize+4 <= len(p); i++ {
		if p[i] != byte(hprof.InstanceDump) {
			continue
		}
		c := s.byID.get(hprof.Value(p[i+head:], hprof.Object, h.idSize))
		if c != NoClass && int64(be.Uint32(p[i+head+h.idSize:])) == int64(h.classes[c].size) {
			return g.Offset + at + int64(i)
		}
	}
	return g.Offset
}

// walk counts what lies in a stretch that begins at a record.
func (s *sampler) walk(start, length int64) sample {
	h, c := s.b.h, s.cur
	s.fetch(start, min(samplePiece, length))
	c.Reset(start, length)
	var n, core, refs, records int64
	t := time.Now()
	for c.Offset() < start+samplePiece && c.Next() {
		records++
		r := &c.Rec
		var k Class
		own := int64(0)
		switch r.Tag {
		case hprof.InstanceDump:
			if k = s.byID.get(r.Class); k == NoClass {
				k = h.missing
			}
			own = s.references(&h.classes[k], r.Body)
		case hprof.ObjectArray:
			if k = s.byID.get(r.Class); k == NoClass {
				k = h.missing
			}
			if own = s.notNull(r.Body); r.Body == nil {
				own = int64(r.Count)
			}
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			k = h.prim[r.Elem]
		case hprof.ClassDump:
			k, own = h.classClass, 4
		default:
			continue
		}
		n++
		refs += own
		if own > 0 || !s.b.plain[k] {
			core++
		}
	}
	if records > 100 {
		s.walks = append(s.walks, time.Since(t)/time.Duration(records))
	}
	bytes := float64(c.Offset() - start)
	if bytes <= 0 {
		return sample{}
	}
	return sample{float64(n) / bytes, float64(core) / bytes, float64(refs) / bytes}
}

// references counts the references of an instance that are not null.
func (s *sampler) references(k *ClassInfo, body []byte) (n int64) {
	if len(body) < int(k.size) {
		return 0
	}
	for _, off := range k.refs {
		if hprof.Value(body[off:], hprof.Object, s.b.h.idSize) != 0 {
			n++
		}
	}
	if k.referent >= 0 && hprof.Value(body[k.referent:], hprof.Object, s.b.h.idSize) != 0 {
		n++
	}
	return n
}

// MemoryError says that Build would need more memory than it may use.
type MemoryError struct {
	Need, Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the graph of this dump needs about %s of memory, more than the %s allowed", mebibytes(e.Need), mebibytes(e.Limit))
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }
