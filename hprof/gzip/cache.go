package gzip

import "sync"

// cache keeps the blocks that were read last. A block is unpacked once, however many goroutines ask for it.
type cache struct {
	mu    sync.Mutex
	room  int // blocks kept
	bytes int // of a block's buffer
	all   []*block
	clock uint64
}

type block struct {
	member int // -1: holds nothing
	buf    []byte
	ready  chan struct{} // closed when buf is filled, or err set
	err    error
	refs   int    // readers that copy from it
	used   uint64 // by the cache's clock
}

// has reports whether a member's block is kept.
func (c *cache) has(member int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(member) != nil
}

func (c *cache) find(member int) *block {
	for _, b := range c.all {
		if b.member == member {
			return b
		}
	}
	return nil
}

// get returns a member's block, which fill unpacks when it is not kept. The caller releases it.
func (c *cache) get(member int, fill func(member int, dst []byte) error) (*block, error) {
	c.mu.Lock()
	c.clock++
	b := c.find(member)
	mine := b == nil
	if mine {
		b = c.oldest()
		b.member, b.ready, b.err = member, make(chan struct{}), nil
	}
	b.refs++
	b.used = c.clock
	c.mu.Unlock()
	if mine {
		b.err = fill(member, b.buf)
		close(b.ready)
	}
	<-b.ready
	if b.err != nil {
		err := b.err
		c.mu.Lock()
		b.member = -1
		b.refs--
		c.mu.Unlock()
		return nil, err
	}
	return b, nil
}

// oldest returns a block to fill: a new one while there is room, else that which nobody has used for longest.
func (c *cache) oldest() *block {
	if len(c.all) < c.room {
		b := &block{buf: make([]byte, c.bytes)}
		c.all = append(c.all, b)
		return b
	}
	var old *block
	for _, b := range c.all {
		if b.refs == 0 && (old == nil || b.used < old.used) {
			old = b
		}
	}
	if old == nil { // all are in use: one for this reader alone
		return &block{buf: make([]byte, c.bytes)}
	}
	return old
}

func (c *cache) release(b *block) {
	c.mu.Lock()
	b.refs--
	c.mu.Unlock()
}
