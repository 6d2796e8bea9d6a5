package layout

import "math"

// Fields that class files or HPROF do not show. Sources: the *_INJECTED_FIELDS
// macros of HotSpot's javaClasses.hpp (JDK 8 and later; before, the offsets that
// javaClasses.cpp and systemDictionary.cpp reserve), and the @Contended
// annotations of the class library.

// newest marks a row that holds for every later release seen so far.
const newest = math.MaxInt

// injection is fields that HotSpot adds to one class in a range of releases, each
// by a letter as in a descriptor: L is a reference, P an address
// (intptr_signature: a word), and J I S B Z are Java's. Rows of one class add up.
type injection struct {
	class       string
	since, upTo int
	fields      string
	// with and unless name a field of the class library's that the class must,
	// or must not, declare. They date a change better than a release does that
	// may itself be a guess.
	with, unless string
}

var injections = []injection{
	// klass and array_klass; JDK 5 to 7 hold references to what were heap
	// objects then, resolved_constructor among them (JDK 6 and 7)
	{class: "java.lang.Class", since: 5, upTo: 5, fields: "LL"},
	{class: "java.lang.Class", since: 6, upTo: 7, fields: "LLL"},
	{class: "java.lang.Class", since: 8, upTo: newest, fields: "PP"},
	// oop_size, static_oop_field_count
	{class: "java.lang.Class", since: 7, upTo: newest, fields: "II"},
	// init_lock; source_file
	{class: "java.lang.Class", since: 8, upTo: 8, fields: "L"},
	{class: "java.lang.Class", since: 9, upTo: 20, fields: "L"},
	{class: "java.lang.Class", since: 21, upTo: newest, fields: "LL"},
	// signers, protection_domain
	{class: "java.lang.Class", since: 8, upTo: newest, fields: "L", unless: "signers"},
	{class: "java.lang.Class", since: 8, upTo: newest, fields: "L", unless: "protectionDomain"},

	{class: "java.lang.String", since: 16, upTo: newest, fields: "B"},        // flags
	{class: "java.lang.ClassLoader", since: 8, upTo: newest, fields: "P"},    // loader_data
	{class: "java.lang.Module", since: 9, upTo: newest, fields: "P"},         // module_entry
	{class: "java.lang.StackFrameInfo", since: 9, upTo: newest, fields: "S"}, // version
	{class: "java.lang.InternalError", since: 14, upTo: newest, fields: "Z"}, // during_unsafe_access

	// jvmti_thread_state, jfr_epoch
	{class: "java.lang.Thread", since: 19, upTo: newest, fields: "PS"},
	// jvmti_VTMS_transition_disable_count, jvmti_is_in_VTMS_transition
	{class: "java.lang.Thread", since: 21, upTo: newest, fields: "IZ"},
	// objectWaiter, with the monitors that virtual threads wait for (JEP 491)
	{class: "java.lang.VirtualThread", since: 19, upTo: newest, fields: "P", with: "onWaitingList"},
	// cont, flags, pc, maxThawingSize; lockStackSize
	{class: "jdk.internal.vm.StackChunk", since: 19, upTo: newest, fields: "LBPI"},
	{class: "jdk.internal.vm.StackChunk", since: 24, upTo: newest, fields: "B"},

	// vmtarget; vmloader, vmindex, vmtarget; vmindex
	{class: "java.lang.invoke.MemberName", since: 7, upTo: 7, fields: "P"},
	{class: "java.lang.invoke.MemberName", since: 8, upTo: newest, fields: "LPP", unless: "method"},
	{class: "java.lang.invoke.MemberName", since: 9, upTo: newest, fields: "P", with: "method"},
	// vmtarget, vmholder
	{class: "java.lang.invoke.ResolvedMethodName", since: 9, upTo: newest, fields: "P"},
	{class: "java.lang.invoke.ResolvedMethodName", since: 9, upTo: newest, fields: "L", unless: "vmholder"},
	// vmdependencies, last_cleanup
	{class: "java.lang.invoke.MethodHandleNatives$CallSiteContext", since: 9, upTo: newest, fields: "P"},
	{class: "java.lang.invoke.MethodHandleNatives$CallSiteContext", since: 12, upTo: newest, fields: "J"},
	{class: "java.lang.invoke.CallSite", since: 12, upTo: newest, fields: "PJ", unless: "context"},
}

// contention is the @Contended annotations of one class in a range of releases.
type contention struct {
	class       string
	since, upTo int
	// whole is set where the class itself is annotated.
	whole bool
	// groups are the names of the fields of each contention group.
	groups [][]string
}

var (
	randomFields      = [][]string{{"threadLocalRandomSeed", "threadLocalRandomProbe", "threadLocalRandomSecondarySeed"}}
	workQueueFields17 = [][]string{{"top", "source", "nsteals"}}
	workQueueFields19 = [][]string{{"top", "access", "phase", "source", "nsteals"}}
	workQueueFields21 = [][]string{{"top", "access", "phase", "stackPred", "source", "nsteals", "parking"}}
)

var contentions = []contention{
	{"java.lang.Thread", 8, 24, false, randomFields},
	{"java.util.concurrent.ConcurrentHashMap$CounterCell", 8, newest, true, nil},
	{"java.util.concurrent.atomic.Striped64$Cell", 8, newest, true, nil},
	{"java.util.concurrent.Exchanger$Node", 8, newest, true, nil},
	{"java.util.concurrent.Exchanger$Slot", 8, newest, true, nil},
	{"java.util.concurrent.ForkJoinPool", 8, 8, true, nil},
	{"java.util.concurrent.ForkJoinPool", 9, 18, false, [][]string{{"ctl"}}},
	{"java.util.concurrent.ForkJoinPool", 19, newest, false, [][]string{{"ctl", "parallelism"}}},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 8, 16, true, nil},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 17, 18, false, workQueueFields17},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 19, 20, false, workQueueFields19},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 21, newest, false, workQueueFields21},
	{"java.util.concurrent.SubmissionPublisher$BufferedSubscription", 9, newest, true, [][]string{{"demand", "waiting"}}},
}

// tabled names every class of the tables. Hypotheses are scored without these
// classes and their subclasses, whose sizes hang on the release.
var tabled = func() map[string]bool {
	names := make(map[string]bool)
	for i := range injections {
		names[injections[i].class] = true
	}
	for i := range contentions {
		names[contentions[i].class] = true
	}
	return names
}()

// injectedFields returns the letters of the fields that HotSpot of a feature
// release adds to class c.
func injectedFields(c *Class, feature int) string {
	var fields string
	for i := range injections {
		r := &injections[i]
		switch {
		case r.class != c.Name, feature < r.since, feature > r.upTo:
		case r.with != "" && !hasField(c.Fields, r.with):
		case r.unless != "" && hasField(c.Fields, r.unless):
		default:
			fields += r.fields
		}
	}
	return fields
}

// contentionOf returns the annotations of a class, or nil.
func contentionOf(class string, feature int) *contention {
	for i := range contentions {
		if r := &contentions[i]; r.class == class && r.since <= feature && feature <= r.upTo {
			return r
		}
	}
	return nil
}

// group returns the index of the contention group of a field, or -1.
func (c *contention) group(field string) int {
	for g, names := range c.groups {
		for _, name := range names {
			if name == field {
				return g
			}
		}
	}
	return -1
}
