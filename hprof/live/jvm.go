package live

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"heapcause/hprof/live/perfdata"
)

// ErrUnsupported says that this system is none whose JVMs can be found and asked.
var ErrUnsupported = errors.New("JVMs that run are found and asked on Linux only")

// JVM is one HotSpot virtual machine that runs.
type JVM struct {
	// PID is its process number here, NSPID the one that it knows itself by: another in a container.
	PID, NSPID int
	// UID and GID are its effective user and group, as seen from here; User is the name, or the number where there is no name.
	UID, GID uint32
	User     string
	// Container is the identifier in the name of its control group, shortened to 12 digits; "" when there is none.
	Container string
	// Version is the version of its JDK, "" if unknown.
	Version string
	// Main is its main class, module or JAR file, without arguments: those may hold secrets.
	Main    string
	Started time.Time
	// Data is what it counts, nil when that cannot be read: then Missing says why.
	Data    *Counters
	Missing string
	// State is the letter that the kernel gives: R and S run and sleep, T is stopped, Z has ended.
	State byte
	// RSS is the memory of the process that lies in RAM, bytes; Threads the number of its native threads.
	RSS     int64
	Threads int

	begun     string // when the process began, in ticks: with PID it names one process for ever
	catchQuit bool
	attach    bool // may be attached to, as far as performance data tells
	perfPath  string
	tmp       string // its folder for sockets, "" for /tmp
}

// Major is the feature release of its JDK: 8, 17, 25; 0 if unknown.
func (j *JVM) Major() int {
	v := strings.TrimPrefix(j.Version, "1.")
	n, _ := strconv.Atoi(v[:len(v)-len(strings.TrimLeft(v, "0123456789"))])
	return n
}

// Counters are the figures in a JVM's performance data.
type Counters struct {
	// Heap sums up the areas of the heap. G1 updates it at collections only.
	Heap Area
	// Areas are the parts of the heap, then metaspace and compressed class space.
	Areas      []Area
	Collectors []Collector
	// LastCause is why the last collection was run, "" before the first.
	LastCause string
	// Threads of Java: now, of those daemons, at most, and begun since the start. -1 where the JVM does not say.
	Threads, Daemons, PeakThreads, StartedThreads int64
	// Classes are those loaded now.
	Classes int64
	// Safepoints is how often, and SafepointTime how long, all threads stood.
	Safepoints    int64
	SafepointTime time.Duration
}

// Area is a part of the memory, bytes.
type Area struct {
	Name string
	// Used of Capacity, which can grow to Max; -1 where the JVM does not say.
	Used, Capacity, Max int64
}

// Collector is one kind of garbage collection.
type Collector struct {
	Name string
	// Count is the number of collections, Time what they took together.
	Count int64
	Time  time.Duration
}

// GC is the number of all collections and what they took together.
func (c *Counters) GC() (count int64, spent time.Duration) {
	for _, g := range c.Collectors {
		count += g.Count
		spent += g.Time
	}
	return count, spent
}

// limits of what is read from performance data: HotSpot has 2 generations of up to 3 spaces and 3 collectors.
const (
	maxGenerations = 4
	maxSpaces      = 8
	maxCollectors  = 8
)

// countersOf makes sense of performance data.
func countersOf(d *perfdata.Data) *Counters {
	c := &Counters{LastCause: d.Text("sun.gc.lastCause")}
	if c.LastCause == "No GC" {
		c.LastCause = ""
	}
	c.heap(d)
	for _, name := range []string{"metaspace", "compressedclassspace"} {
		p := "sun.gc." + name + "."
		if used, ok := d.Number(p + "used"); ok {
			c.Areas = append(c.Areas, Area{name, used, number(d, p+"capacity"), number(d, p+"maxCapacity")})
		}
	}
	frequency, ok := d.Number("sun.os.hrt.frequency")
	if !ok || frequency <= 0 {
		frequency = 1e9
	}
	for i := range maxCollectors {
		p := "sun.gc.collector." + strconv.Itoa(i) + "."
		n, ok := d.Number(p + "invocations")
		if !ok {
			continue // ZGC numbers its collectors 0 and 2
		}
		name := d.Text(p + "name")
		if name == "" {
			name = "collector " + strconv.Itoa(i)
		}
		c.Collectors = append(c.Collectors, Collector{name, max(n, 0), ticks(number(d, p+"time"), frequency)})
	}
	c.Threads, c.Daemons = number(d, "java.threads.live"), number(d, "java.threads.daemon")
	c.PeakThreads, c.StartedThreads = number(d, "java.threads.livePeak"), number(d, "java.threads.started")
	c.Classes = -1
	if loaded, ok := d.Number("java.cls.loadedClasses"); ok {
		shared, _ := d.Number("java.cls.sharedLoadedClasses")
		unloaded, _ := d.Number("java.cls.unloadedClasses")
		sharedUnloaded, _ := d.Number("java.cls.sharedUnloadedClasses")
		c.Classes = loaded + shared - unloaded - sharedUnloaded
	}
	c.Safepoints = number(d, "sun.rt.safepoints")
	c.SafepointTime = ticks(number(d, "sun.rt.safepointTime"), frequency)
	return c
}

// heap sums up the generations.
func (c *Counters) heap(d *perfdata.Data) {
	c.Heap = Area{Name: "heap", Max: -1}
	// Serial, Parallel and CMS ("Copy:MSC") divide the heap between the generations; in the others each may grow to all of it.
	divided := strings.Contains(d.Text("sun.gc.policy.name"), ":")
	for g := range maxGenerations {
		p := "sun.gc.generation." + strconv.Itoa(g) + "."
		limit, ok := d.Number(p + "maxCapacity")
		if !ok {
			continue
		}
		if divided {
			c.Heap.Max = max(c.Heap.Max, 0) + limit
		} else {
			c.Heap.Max = max(c.Heap.Max, limit)
		}
		c.Heap.Capacity += max(number(d, p+"capacity"), 0)
		for s := range maxSpaces {
			q := p + "space." + strconv.Itoa(s) + "."
			used, ok := d.Number(q + "used")
			if !ok {
				continue
			}
			c.Heap.Used += used
			name := areaName(d.Text(p+"name"), d.Text(q+"name"))
			c.Areas = append(c.Areas, Area{name, used, number(d, q+"capacity"), number(d, q+"maxCapacity")})
		}
	}
}

// areaName is the name of a space, with that of its generation where it says nothing.
func areaName(generation, space string) string {
	generation, space = strings.ToLower(generation), strings.ToLower(space)
	if space == "" || space == "space" {
		return generation
	}
	return space
}

// number is -1 where the JVM does not say.
func number(d *perfdata.Data, name string) int64 {
	if n, ok := d.Number(name); ok {
		return n
	}
	return -1
}

// ticks turns the JVM's clock into a time.
func ticks(n, frequency int64) time.Duration {
	return time.Duration(max(float64(n)/float64(frequency), 0) * float64(time.Second))
}
