package graph

import (
	"context"
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
	Finalizers int64 // objects registered for finalization, which rules look at one by one
	Sampled    int64 // bytes read for it

	ScanCPU  time.Duration // processor time of a histogram
	BuildCPU time.Duration // processor time of Build with inbound references
	Workers  int
	Wall     time.Duration // of Build, with that many workers
	Memory   int64         // peak resident size of Build, bytes
	Disk     int64         // peak of temporary files, bytes
}

// samplePieces of the heap part at equal distances are the sample; a variable for tests.
var samplePieces int64 = 192

const (
	samplePiece = 256 << 10
	sampleElems = 64 << 10 // of an array that is longer than a piece
	syncWindow  = 64 << 10 // searched for a record inside a long segment
)

// The model of the time that Build takes, fitted to scale-1, zoo and pg-timer on one machine (docs/performance.md) and
// corrected by how fast this machine walks the sample.
const (
	fixedCPU        = 0.2 // seconds
	cpuPerGB        = 1.0 // reading and decoding, twice
	cpuPerObject    = 260e-9
	cpuPerReference = 110e-9
	cpuPerCore      = 240e-9
	cpuPerFinalizer = 18e-6 // in the rules
	mostFinalizers  = 250e3 // that they read the texts of
	scanFixed       = 0.06
	scanPerGB       = 0.25
	scanPerObject   = 15e-9

	referenceWalk  = 21e-9 // seconds per record of the fastest pieces of the sample, on the machine of the fit
	paceWeight     = 0.6   // the walk tells most of a machine's pace, and some of what else it does just now
	sequentialPart = 0.45  // of Build's processor time, which more workers do not shorten
	cacheObjects   = 20e6  // from here on each doubling makes random access dearer
	cacheGrowth    = 0.08  // by this part
	cachedRate     = 1.5e9 // bytes per second: a first touch that is faster comes from the page cache
)

// sample is what a piece of the heap holds per byte of it.
type sample struct {
	objects, core, refs, finalizers float64
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
	walk := s.all
	if e.HeapBytes > samplePieces*samplePiece {
		walk = s.pieces
	}
	total, err := walk(ctx, f.Segments, e.HeapBytes)
	if err != nil {
		return nil, err
	}
	e.Objects, e.Core, e.References, e.Finalizers = int64(total.objects), int64(total.core), int64(total.refs), int64(total.finalizers)
	e.Objects = max(e.Objects, e.Classes)
	e.Core = min(e.Core, e.Objects)
	e.Sampled = s.read
	e.Memory, e.Disk = opt.needs(census{e.Objects, e.Core, e.References, e.Classes, e.Finalizers}, f.Size)
	e.Workers = opt.workers()
	s.times(e, f.Size, e.Workers)
	return e, nil
}

// all walks a small dump as a whole.
func (s *sampler) all(ctx context.Context, segs []hprof.Segment, _ int64) (sum sample, err error) {
	for _, g := range segs {
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		for at := int64(0); at < g.Length; {
			s.fetch(g.Offset+at, min(samplePiece, g.Length-at))
			one, n := s.walk(g.Offset+at, g.Length-at)
			if n <= 0 {
				break
			}
			sum.add(one, float64(n))
			at += n
		}
	}
	return sum, nil
}

// pieces walks pieces at equal distances and projects them.
func (s *sampler) pieces(ctx context.Context, segs []hprof.Segment, heapBytes int64) (sum sample, err error) {
	starts := segmentStarts(segs)
	for i := range samplePieces {
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		at := int64((float64(i) + 0.5) / float64(samplePieces) * float64(heapBytes))
		j := sort.Search(len(starts), func(j int) bool { return starts[j] > at }) - 1
		sum.add(s.piece(segs[j], at-starts[j]), float64(heapBytes)/float64(samplePieces))
	}
	return sum, nil
}

func (s *sample) add(o sample, bytes float64) {
	s.objects += o.objects * bytes
	s.core += o.core * bytes
	s.refs += o.refs * bytes
	s.finalizers += o.finalizers * bytes
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

// times fills in the times, from how fast this machine read and walked the sample.
func (s *sampler) times(e *Estimate, dumpBytes int64, workers int) {
	pace := 1.0
	if len(s.walks) > 0 {
		slices.Sort(s.walks)
		pace = s.walks[len(s.walks)/10].Seconds() / referenceWalk // slower pieces were interrupted
		pace = min(max(math.Pow(pace, paceWeight), 0.25), 8)
	}
	gb, objects := float64(dumpBytes)/1e9, float64(e.Objects)
	dearer := 1 + cacheGrowth*max(0, math.Log2(max(objects, 1)/cacheObjects))
	build := pace * (fixedCPU + cpuPerGB*gb + dearer*(cpuPerObject*objects+cpuPerReference*float64(e.References)+cpuPerCore*float64(e.Core)) +
		cpuPerFinalizer*min(float64(e.Finalizers), mostFinalizers))
	scan := pace * (scanFixed + scanPerGB*gb + scanPerObject*objects)
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
		var inside *sample
		if start, inside = s.sync(g, at); inside != nil {
			return *inside
		}
	}
	s.fetch(start, min(samplePiece, g.Offset+g.Length-start))
	one, _ := s.walk(start, g.Offset+g.Length-start)
	return one
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

// sync finds the start of a record at or after an offset in a long segment. Where there is none near, the offset lies inside a
// long array, which is taken for one of references.
func (s *sampler) sync(g hprof.Segment, at int64) (start int64, inside *sample) {
	p := s.fetch(g.Offset+at, min(syncWindow, g.Length-at))
	for i := range p {
		n := s.record(p[i:])
		if n > 0 && i+n < len(p) && s.record(p[i+n:]) > 0 {
			return g.Offset + at + int64(i), nil
		}
	}
	return 0, &sample{refs: float64(s.notNull(p)) / float64(max(len(p), 1))}
}

// record returns the length of the instance or array that p seems to begin with, 0 when it does not look like one: its class
// must be one of the dump's, and the length that of the class's instances.
func (s *sampler) record(p []byte) int {
	h := s.b.h
	ids := h.idSize
	head := 1 + ids + 4 // tag, identifier, trace
	if len(p) < head+4+ids+4 {
		return 0
	}
	switch hprof.Tag(p[0]) {
	case hprof.InstanceDump:
		k, n := s.byID.get(hprof.Value(p[head:], hprof.Object, ids)), int64(be.Uint32(p[head+ids:]))
		if k != NoClass && n == int64(h.classes[k].size) {
			return head + ids + 4 + int(n)
		}
	case hprof.ObjectArray:
		k, n := s.byID.get(hprof.Value(p[head+4:], hprof.Object, ids)), int(be.Uint32(p[head:]))
		if k != NoClass && h.classes[k].IsArray && n < syncWindow {
			return head + 4 + ids + n*ids
		}
	case hprof.PrimitiveArray:
		n, t := int(be.Uint32(p[head:])), hprof.Type(p[head+4])
		if size := t.Size(ids); t != hprof.Object && size > 0 && n < syncWindow {
			return head + 5 + n*size
		}
	}
	return 0
}

// walk counts what lies in the first piece of a stretch that begins at a record, and returns that piece's length: to the end of
// the record in which it ends.
func (s *sampler) walk(start, length int64) (sample, int64) {
	h, c := s.b.h, s.cur
	c.Reset(start, length)
	var n, core, refs, finalizers, records int64
	t := time.Now()
	for c.Offset() < start+samplePiece && c.Next() {
		records++
		r := &c.Rec
		var k Class
		own := int64(0)
		switch r.Tag {
		case hprof.InstanceDump:
			if k = s.byID.get(r.Class); k == NoClass { // classes come later: half of the fields may be references
				k, own = h.missing, (r.Bytes+15)/16
			} else {
				own = s.references(&h.classes[k], r.Body)
				if h.classes[k].kind == Finalizer {
					finalizers++
				}
			}
		case hprof.ObjectArray:
			if k = s.byID.get(r.Class); k == NoClass {
				k = h.missing
			}
			if own = s.notNull(r.Body); r.Body == nil {
				own = s.elements(c.Offset()-r.Bytes, r.Bytes)
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
		return sample{}, 0
	}
	return sample{float64(n) / bytes, float64(core) / bytes, float64(refs) / bytes, float64(finalizers) / bytes}, int64(bytes)
}

// elements estimates how many elements of an array of references that is longer than the window are not null.
func (s *sampler) elements(off, n int64) int64 {
	const spots = 64
	found, seen := int64(0), int64(0)
	for i := range int64(spots) {
		p := s.fetch(off+n/spots*i/8*8, sampleElems/spots)
		found += s.notNull(p)
		seen += int64(len(p))
	}
	return int64(float64(found) / float64(max(seen, 1)) * float64(n))
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
