package collections

import (
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Group is what is known of the collections of one class, or of one class in one field.
type Group struct {
	Class     graph.Class
	Owner     string // Class.field; "" in groups by class
	Count     int64
	Empty     int64 // of them
	NeverUsed int64 // of the empty ones: nothing was put in yet
	Emptied   int64 // of the empty ones: all was taken out
	One       int64 // with one element
	Sparse    int64 // with two elements or more that fill less than a quarter of 16 places or more
	Oversized int64 // with elements that fill less than a quarter of 1,000 places or more
	Sized     int64 // with a known size
	Elements  int64
	Largest   int64 // elements
	Capacity  int64 // places in arrays
	Placed    int64 // elements in arrays
	Slack     int64 // bytes of arrays beyond the shortest that would do
	Idle      int64 // bytes of the empty collections themselves
	Bytes     int64 // of the collections and their arrays, nodes left out
	First     graph.Object
	Worst     graph.Object // the one with the most slack
	worst     int64
	Fullest   graph.Object // the one with the most elements
}

// Merge adds another group's figures, not its objects.
func (g *Group) Merge(o *Group) {
	for _, f := range []struct{ to, from *int64 }{
		{&g.Count, &o.Count},
		{&g.Empty, &o.Empty},
		{&g.NeverUsed, &o.NeverUsed},
		{&g.Emptied, &o.Emptied},
		{&g.One, &o.One},
		{&g.Sparse, &o.Sparse},
		{&g.Oversized, &o.Oversized},
		{&g.Sized, &o.Sized},
		{&g.Elements, &o.Elements},
		{&g.Capacity, &o.Capacity},
		{&g.Placed, &o.Placed},
		{&g.Slack, &o.Slack},
		{&g.Idle, &o.Idle},
		{&g.Bytes, &o.Bytes},
	} {
		*f.to += *f.from
	}
	g.Largest = max(g.Largest, o.Largest)
}

// Bounds of what is called sparse or oversized; see Group.
const (
	sparsePlaces    = 16
	oversizedPlaces = 1000
	sparseFill      = 4 // one in so many places
)

// Waste is what the collections take for nothing.
func (g *Group) Waste() int64 { return g.Slack + g.Idle }

// Fill is the share of the places in arrays that are in use; 0 where there is none.
func (g *Group) Fill() float64 {
	if g.Capacity == 0 {
		return 0
	}
	return float64(g.Placed) / float64(g.Capacity)
}

// add counts a collection, times over where it stands for others.
func (g *Group) add(c *Census, w *row, times int64) {
	h := c.Heap
	o := graph.Object(w.object)
	if g.Count == 0 {
		g.First, g.Worst, g.Fullest = o, o, o
	}
	g.Count += times
	own := h.Shallow(o)
	k, inner := c.store(w)
	if inner != w {
		own += h.Shallow(graph.Object(inner.object))
	}
	capacity := k.Capacity(object(inner.store))
	slack := int64(0)
	if w.size >= 0 && !k.Wraps() {
		slack = k.Slack(object(inner.store), int64(w.size))
	}
	if slack > g.worst {
		g.Worst, g.worst = o, slack
	}
	g.Slack += slack * times
	g.Bytes += own * times
	if capacity > 0 {
		g.Capacity += capacity * times
		g.Placed += min(int64(max(w.size, 0)), capacity) * times
		g.Bytes += h.Shallow(object(inner.store)) * times
	}
	g.addSize(w, capacity, own, times)
}

func (g *Group) addSize(w *row, capacity, own, times int64) {
	size := int64(w.size)
	if size < 0 {
		return
	}
	g.Sized += times
	g.Elements += size * times
	if size > g.Largest {
		g.Largest, g.Fullest = size, graph.Object(w.object)
	}
	few := capacity > 0 && size*sparseFill < capacity
	switch {
	case size == 0:
		g.Empty += times
		g.Idle += own * times
		g.NeverUsed += times * b2i(w.use == jdk.NeverUsed)
		g.Emptied += times * b2i(w.use == jdk.WasUsed)
	case size == 1:
		g.One += times
	case few && capacity >= sparsePlaces:
		g.Sparse += times
	}
	if size > 0 && few && capacity >= oversizedPlaces {
		g.Oversized += times
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
