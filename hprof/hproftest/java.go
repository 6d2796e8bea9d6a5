package hproftest

import (
	"unicode/utf16"
)

// String adds a java.lang.String as the dump's JDK stores it: Latin-1 or UTF-16 bytes, or char[].
func (d *Dump) String(s string) *Object {
	c := d.JDK("java.lang.String")
	text := utf16Of(s)
	if d.java < 9 {
		return d.Substring(d.Chars(text...), 0, len(text))
	}
	wide := false
	for _, u := range text {
		wide = wide || u > 0xff
	}
	var b []byte
	for _, u := range text {
		b = append(b, byte(u))
		if wide {
			b = append(b, byte(u>>8))
		}
	}
	return d.Instance(c, With("value", d.ByteArray(b...)), With("coder", wide))
}

// Substring adds a String over part of a char[]; only JDK 6 can share one, so others take the whole.
func (d *Dump) Substring(chars *Object, offset, count int) *Object {
	o := d.Instance(d.JDK("java.lang.String"), With("value", chars))
	if d.java == 6 {
		o.Set("offset", offset).Set("count", count)
	}
	return o
}

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

// Boxed adds a java.lang.Integer, or a Long or Boolean for an int64 or bool.
func (d *Dump) Boxed(v any) *Object {
	switch v.(type) {
	case int64:
		return d.Instance(d.JDK("java.lang.Long"), v)
	case bool:
		return d.Instance(d.JDK("java.lang.Boolean"), v)
	}
	return d.Instance(d.JDK("java.lang.Integer"), v)
}

// ClassLoader adds a java.net.URLClassLoader of that name (JDK 9 and later have names).
func (d *Dump) ClassLoader(name string) *Object {
	o := d.Instance(d.JDK("java.net.URLClassLoader"))
	if d.java >= 9 && name != "" {
		o.Set("java.lang.ClassLoader::name", d.String(name))
	}
	return o
}

// Reference adds an instance of a subclass of java.lang.ref.Reference that is active and registered with no queue.
func (d *Dump) Reference(c *Class, referent any, values ...any) *Object {
	return d.Instance(c, values...).Set("java.lang.ref.Reference::referent", referent).Set("java.lang.ref.Reference::queue", d.queues("NULL"))
}

// Soft adds a SoftReference.
func (d *Dump) Soft(referent any) *Object {
	return d.Reference(d.JDK("java.lang.ref.SoftReference"), referent)
}

// Weak adds a WeakReference.
func (d *Dump) Weak(referent any) *Object {
	return d.Reference(d.JDK("java.lang.ref.WeakReference"), referent)
}

// Phantom adds a PhantomReference.
func (d *Dump) Phantom(referent any) *Object {
	return d.Reference(d.JDK("java.lang.ref.PhantomReference"), referent)
}

// Queue adds a java.lang.ref.ReferenceQueue.
func (d *Dump) Queue() *Object {
	return d.Instance(d.JDK("java.lang.ref.ReferenceQueue"), With("lock", d.Instance(d.JDK("java.lang.ref.ReferenceQueue$Lock"))))
}

// queues returns ReferenceQueue.NULL or ENQUEUED.
func (d *Dump) queues(name string) ID {
	c := d.JDK("java.lang.ref.ReferenceQueue")
	if v := c.static(name); v != 0 {
		return v
	}
	o := d.Instance(d.JDK("java.lang.ref.ReferenceQueue$Null"))
	c.SetStatic(name, o)
	return o.ID
}

func (c *Class) static(name string) uint64 {
	for _, s := range c.statics {
		if s.name == name {
			return s.bits
		}
	}
	return 0
}

// Finalizer registers an object for finalization: a Finalizer at the head of Finalizer.unfinalized.
func (d *Dump) Finalizer(referent any) *Object {
	c := d.JDK("java.lang.ref.Finalizer")
	d.FinalizerQueue()
	f := d.Instance(c, With("java.lang.ref.Reference::referent", referent), With("queue", c.static("queue")))
	if head := d.object(c.static("unfinalized")); head != nil {
		f.Set("java.lang.ref.Finalizer::next", head)
		head.Set("java.lang.ref.Finalizer::prev", f)
	}
	c.SetStatic("unfinalized", f)
	d.lastFinalizer = f
	return f
}

// FinalizerQueue returns Finalizer.queue.
func (d *Dump) FinalizerQueue() *Object {
	c := d.JDK("java.lang.ref.Finalizer")
	if d.finalizerQueue == nil {
		d.finalizerQueue = d.Queue()
		c.SetStatic("queue", d.finalizerQueue).SetStatic("lock", d.Instance(d.JDK(object)))
	}
	return d.finalizerQueue
}

// Enqueue puts a reference at the head of a queue, as the Reference Handler does: the last one's next is itself.
func (d *Dump) Enqueue(ref, queue *Object) {
	next := ref.ID
	if head := queue.Get("head"); head != 0 {
		next = head
	}
	ref.Set("java.lang.ref.Reference::next", next).Set("java.lang.ref.Reference::queue", d.queues("ENQUEUED"))
	queue.Set("head", ref).Set("queueLength", int64(queue.Get("queueLength"))+1)
}

// object finds an object that helpers made before.
func (d *Dump) object(id ID) *Object {
	if d.lastFinalizer != nil && d.lastFinalizer.ID == id {
		return d.lastFinalizer
	}
	for _, o := range d.objects {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// ArrayList adds a java.util.ArrayList with room for as many elements as it has.
func (d *Dump) ArrayList(values ...any) *Object {
	return d.Instance(d.JDK("java.util.ArrayList"), With("elementData", d.Array(object, values...)), With("size", len(values)))
}

// HashMap adds a java.util.HashMap of keys and values in turn, each pair in a bucket of its own.
func (d *Dump) HashMap(pairs ...any) *Object {
	node := "java.util.HashMap$Node"
	if d.java == 6 {
		node = "java.util.HashMap$Entry"
	}
	n := 1
	for n < len(pairs) {
		n *= 2
	}
	c := d.JDK(node)
	table := d.ArrayOf(node, n)
	for i := 0; i+1 < len(pairs); i += 2 {
		table.SetElem(i/2, d.Instance(c, With("key", pairs[i]), With("value", pairs[i+1]), With("hash", i/2)))
	}
	return d.Instance(d.JDK("java.util.HashMap"), With("table", table), With("size", len(pairs)/2), With("loadFactor", 0.75))
}

// Timer adds a java.util.Timer with its live thread of that name and the tasks in its queue.
func (d *Dump) Timer(name string, tasks ...any) (timer *Object, t *Thread) {
	slots := append([]any{nil}, tasks...)
	queue := d.Instance(d.JDK("java.util.TaskQueue"), With("queue", d.Array("java.util.TimerTask", slots...)), With("size", len(tasks)))
	o := d.Instance(d.JDK("java.util.TimerThread"), With("queue", queue), With("newTasksMayBeScheduled", true))
	t = d.AsThread(d.NameThread(o, name), "java.lang.Object.wait(Native Method)", "java.util.TimerThread.mainLoop(Timer.java:563)", "java.util.TimerThread.run(Timer.java:516)")
	t.Local(0, queue)
	return d.Instance(d.JDK("java.util.Timer"), With("queue", queue), With("thread", o)), t
}

// Properties sets System.props: in JDK 9 and later a ConcurrentHashMap inside Properties, before a Hashtable.
func (d *Dump) Properties(pairs ...string) *Object {
	var texts []any
	for _, s := range pairs {
		texts = append(texts, d.String(s))
	}
	node := "java.util.concurrent.ConcurrentHashMap$Node"
	value := "val"
	if d.java < 9 {
		node, value = "java.util.Hashtable$Entry", "value"
	}
	c := d.JDK(node)
	table := d.ArrayOf(node, max(len(texts)/2, 1))
	for i := 0; i+1 < len(texts); i += 2 {
		table.SetElem(i/2, d.Instance(c, With("key", texts[i]), With(value, texts[i+1])))
	}
	props := d.Instance(d.JDK("java.util.Properties"))
	if d.java < 9 {
		props.Set("table", table).Set("count", len(texts)/2)
	} else {
		props.Set("map", d.Instance(d.JDK("java.util.concurrent.ConcurrentHashMap"), With("table", table), With("baseCount", len(texts)/2)))
	}
	d.JDK("java.lang.System").SetStatic("props", props)
	return props
}

// JavaVersion sets the constant that names the JDK's version.
func (d *Dump) JavaVersion(v string) {
	name := "java.lang.VersionProps"
	if d.java < 9 {
		name = "sun.misc.Version"
	}
	d.JDK(name).SetStatic("java_version", d.String(v))
}
