package jdk

import "strings"

// kind is how a collection keeps what it holds.
type kind int

const (
	arrayKind    kind = iota + 1 // in a reference array, size elements from 0 on, or all that are not null
	chainsKind                   // a table of chains of nodes: HashMap, Hashtable, ConcurrentHashMap, WeakHashMap
	linkedKind                   // nodes from a first one on: LinkedList, LinkedBlockingQueue
	treeKind                     // a red-black tree: TreeMap
	pairsKind                    // keys and values in turn in one array: IdentityHashMap, immutable maps
	innerKind                    // another collection holds it: HashSet, wrappers
	fixedKind                    // in fields: List.of(a, b), Collections.singletonList
	segmentsKind                 // several tables of chains: ConcurrentHashMap before JDK 8, caches of Guava
	bitsKind                     // a bit for each constant of an enum: EnumSet
)

// room is how long the array of a collection must be for a number of elements.
type room int

const (
	anyRoom   room = iota // it has no array, or one that cannot be shorter
	listRoom              // as many slots as elements
	ringRoom              // one more: ArrayDeque
	hashRoom              // a power of two, three quarters full at most
	oddRoom               // three quarters full at most: Hashtable
	pairsRoom             // two slots for each of a power of two, two thirds full at most: IdentityHashMap
)

// shape is how the collections of one class look. Fields are names, found in the class or its superclasses.
type shape struct {
	class string // a name, or a package with a dot at its end
	kind  kind
	isMap bool
	at    string   // the array, first node, root, bits or inner collection
	size  []string // path to the number of elements; none where all that is not null counts
	cells string   // the cells of a striped counter, the base of which is at size
	next  string   // of nodes
	key   string   // of nodes of maps; the constants of the enum
	item  string   // of nodes of lists; the value of nodes of maps
	node  string   // the class of the nodes that must be counted, as nothing says how many they are
	only  []string // of fixedKind
	has   []string // what the class must have besides, where the rest is not telling
	set   bool     // of innerKind: the elements are the keys of the inner map
	owns  bool     // of innerKind: the inner collection is its own and nobody else's
	room  room
	fresh int64 // the length of the array that a new one has
}

// names reports whether the shape is that of classes of this name.
func (s *shape) names(class string) bool {
	return s.class == class || s.class[len(s.class)-1] == '.' && strings.HasPrefix(class, s.class)
}

// shapes of the JDK's collections, 5 to 25, and of libraries. Subclasses are found through the class table; the first that fits
// counts, so subclasses with a shape of their own come first.
var shapes = []*shape{
	{class: "java.util.ArrayList", kind: arrayKind, at: "elementData", size: []string{"size"}, room: listRoom},
	{class: "java.util.Vector", kind: arrayKind, at: "elementData", size: []string{"elementCount"}, room: listRoom},
	{class: "java.util.Arrays$ArrayList", kind: arrayKind, at: "a"},
	{class: "java.util.concurrent.CopyOnWriteArrayList", kind: arrayKind, at: "array"},
	{class: "java.util.concurrent.CopyOnWriteArraySet", kind: innerKind, at: "al", owns: true},
	{class: "java.util.ArrayDeque", kind: arrayKind, at: "elements", has: []string{"head", "tail"}, room: ringRoom, fresh: 17},
	{class: "java.util.PriorityQueue", kind: arrayKind, at: "queue", size: []string{"size"}, room: listRoom},
	{class: "java.util.concurrent.PriorityBlockingQueue", kind: arrayKind, at: "queue", size: []string{"size"}, room: listRoom, fresh: 11},
	{class: "java.util.concurrent.DelayQueue", kind: innerKind, at: "q", owns: true},
	{class: "java.util.concurrent.ArrayBlockingQueue", kind: arrayKind, at: "items", has: []string{"count"}, room: listRoom},
	{class: "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", kind: arrayKind, at: "queue", size: []string{"size"}, room: listRoom, fresh: 16},
	{class: "java.util.LinkedList", kind: linkedKind, at: "first", size: []string{"size"}, next: "next", item: "item"},
	{class: "java.util.concurrent.LinkedBlockingQueue", kind: linkedKind, at: "head", size: []string{"count", "value"}, next: "next", item: "item"},
	{class: "java.util.concurrent.LinkedBlockingDeque", kind: linkedKind, at: "first", size: []string{"count"}, next: "next", item: "item"},
	{class: "java.util.concurrent.ConcurrentLinkedQueue", kind: linkedKind, at: "head", next: "next", item: "item", node: "java.util.concurrent.ConcurrentLinkedQueue$Node"},
	{class: "java.util.concurrent.ConcurrentLinkedDeque", kind: linkedKind, at: "head", next: "next", item: "item", node: "java.util.concurrent.ConcurrentLinkedDeque$Node"},
	{class: "java.util.concurrent.LinkedTransferQueue", kind: linkedKind, at: "head", next: "next", item: "item", node: "java.util.concurrent.LinkedTransferQueue$"},
	{class: "java.util.HashMap", kind: chainsKind, isMap: true, at: "table", size: []string{"size"}, next: "next", key: "key", item: "value", room: hashRoom},
	{class: "java.util.Properties", kind: innerKind, isMap: true, at: "map", owns: true}, // 9+; older ones are Hashtables
	{class: "java.util.Hashtable", kind: chainsKind, isMap: true, at: "table", size: []string{"count"}, next: "next", key: "key", item: "value", room: oddRoom},
	{class: "java.util.WeakHashMap", kind: chainsKind, isMap: true, at: "table", size: []string{"size"}, next: "next", key: "referent", item: "value", room: hashRoom},
	{class: "java.util.concurrent.ConcurrentHashMap", kind: chainsKind, isMap: true, at: "table", size: []string{"baseCount"}, cells: "counterCells", next: "next", key: "key", item: "val", room: hashRoom},
	{class: "java.util.concurrent.ConcurrentHashMap", kind: segmentsKind, isMap: true, at: "segments", next: "next", key: "key", item: "value"}, // before JDK 8
	{class: "java.util.IdentityHashMap", kind: pairsKind, isMap: true, at: "table", size: []string{"size"}, room: pairsRoom},
	{class: "java.util.ImmutableCollections$MapN", kind: pairsKind, isMap: true, at: "table", size: []string{"size"}},
	{class: "java.util.ImmutableCollections$Map1", kind: fixedKind, isMap: true, only: []string{"k0", "v0"}},
	{class: "java.util.ImmutableCollections$ListN", kind: arrayKind, at: "elements"},
	{class: "java.util.ImmutableCollections$List12", kind: fixedKind, only: []string{"e0", "e1"}},
	{class: "java.util.ImmutableCollections$SetN", kind: arrayKind, at: "elements"},
	{class: "java.util.ImmutableCollections$Set12", kind: fixedKind, only: []string{"e0", "e1"}},
	{class: "java.util.TreeMap", kind: treeKind, isMap: true, at: "root", size: []string{"size"}, key: "key", item: "value"},
	{class: "java.util.TreeSet", kind: innerKind, at: "m", set: true, owns: true},
	{class: "java.util.HashSet", kind: innerKind, at: "map", set: true, owns: true},
	{class: "java.util.concurrent.ConcurrentHashMap$KeySetView", kind: innerKind, at: "map", set: true},
	{class: "java.util.concurrent.ConcurrentSkipListMap", kind: linkedKind, isMap: true, at: "head", size: []string{"adder", "base"}, cells: "cells", has: []string{"adder"}, next: "next", key: "key", item: "val"},
	{class: "java.util.concurrent.ConcurrentSkipListMap", kind: linkedKind, isMap: true, at: "head", next: "next", key: "key", item: "val", node: "java.util.concurrent.ConcurrentSkipListMap$Node"}, // JDK 8
	{class: "java.util.concurrent.ConcurrentSkipListSet", kind: innerKind, at: "m", set: true, owns: true},
	{class: "java.util.Collections$SetFromMap", kind: innerKind, at: "m", set: true, owns: true},
	{class: "java.util.Collections$SynchronizedCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$UnmodifiableCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$CheckedCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$SynchronizedMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$UnmodifiableMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$CheckedMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$SingletonList", kind: fixedKind, only: []string{"element"}},
	{class: "java.util.Collections$SingletonSet", kind: fixedKind, only: []string{"element"}},
	{class: "java.util.Collections$SingletonMap", kind: fixedKind, isMap: true, only: []string{"k", "v"}},
	{class: "java.util.Collections$CopiesList", kind: fixedKind, size: []string{"n"}, only: []string{"element"}},
	{class: "java.util.Collections$EmptyList", kind: fixedKind},
	{class: "java.util.Collections$EmptySet", kind: fixedKind},
	{class: "java.util.Collections$EmptyMap", kind: fixedKind, isMap: true},
	{class: "java.util.EnumMap", kind: arrayKind, isMap: true, at: "vals", size: []string{"size"}, key: "keyUniverse"},
	{class: "java.util.RegularEnumSet", kind: bitsKind, at: "elements", key: "universe"},
	{class: "java.util.JumboEnumSet", kind: bitsKind, at: "elements", size: []string{"size"}, key: "universe"},

	{class: "com.google.common.collect.RegularImmutableList", kind: arrayKind, at: "array"},
	{class: "com.google.common.collect.RegularImmutableMap", kind: arrayKind, at: "entries", isMap: true, has: []string{"table"}},
	{class: "com.google.common.collect.RegularImmutableSet", kind: arrayKind, at: "elements", has: []string{"table"}},
	{class: "com.google.common.collect.SingletonImmutableList", kind: fixedKind, only: []string{"element"}},
	{class: "com.google.common.collect.SingletonImmutableSet", kind: fixedKind, only: []string{"element"}},
	{class: "com.google.common.collect.MapMakerInternalMap", kind: segmentsKind, isMap: true, at: "segments", next: "next", key: "key", item: "value"},
	{class: "com.google.common.cache.LocalCache", kind: segmentsKind, isMap: true, at: "segments", next: "next", key: "key", item: "valueReference"},
	// Maps and sets of fastutil have arrays of keys, which may be primitive, and of values; lists have one of elements.
	{class: "it.unimi.dsi.fastutil.", kind: arrayKind, isMap: true, at: "value", size: []string{"size"}, has: []string{"key", "mask"}, key: "key"},
	{class: "it.unimi.dsi.fastutil.", kind: arrayKind, at: "key", has: []string{"mask", "size"}},
	{class: "it.unimi.dsi.fastutil.", kind: arrayKind, at: "a", size: []string{"size"}, room: listRoom},
}
