package layout

import "math"

// Fields that class files or HPROF do not show. Sources: the *_INJECTED_FIELDS
// macros of HotSpot's javaClasses.hpp (JDK 8 and later; before, the offsets that
// javaClasses.cpp and systemDictionary.cpp reserve), and the @Contended
// annotations of the class library.

// newest marks a row that holds for every later release seen so far.
const newest = math.MaxInt

// injection is the fields that HotSpot adds to one class in a range of releases,
// each by a letter as in a descriptor: L is a reference, P an address
// (intptr_signature: a word), and J I S B Z are Java's.
type injection struct {
	class       string
	since, upTo int
	fields      string
}

var injections = []injection{
	// klass, array_klass, oop_size, static_oop_field_count, protection_domain,
	// signers, source_file; init_lock in JDK 8 and from 9 on; JDK 6 and before
	// held references to the klassOops instead.
	{"java.lang.Class", 5, 5, "LL"},
	{"java.lang.Class", 6, 6, "LLL"},
	{"java.lang.Class", 7, 7, "LLII"},
	{"java.lang.Class", 8, 20, "PPIILLL"},
	{"java.lang.Class", 21, 24, "PPIILLLL"},
	// JDK 25 made signers and protectionDomain Java fields.
	{"java.lang.Class", 25, newest, "PPIILL"},

	{"java.lang.String", 16, newest, "B"},        // flags
	{"java.lang.ClassLoader", 8, newest, "P"},    // loader_data
	{"java.lang.Module", 9, newest, "P"},         // module_entry
	{"java.lang.StackFrameInfo", 9, newest, "S"}, // version
	{"java.lang.InternalError", 14, newest, "Z"}, // during_unsafe_access

	{"java.lang.Thread", 19, 20, "PS"},       // jvmti_thread_state, jfr_epoch
	{"java.lang.Thread", 21, newest, "PIZS"}, // and VTMS transition state
	{"java.lang.VirtualThread", 24, newest, "P"},
	// cont, flags, pc, maxThawingSize, and later lockStackSize
	{"jdk.internal.vm.StackChunk", 19, 23, "LBPI"},
	{"jdk.internal.vm.StackChunk", 24, newest, "LBPIB"},

	{"java.lang.invoke.MemberName", 7, 7, "P"},           // vmtarget
	{"java.lang.invoke.MemberName", 8, 8, "LPP"},         // vmloader, vmindex, vmtarget
	{"java.lang.invoke.MemberName", 9, newest, "P"},      // vmindex
	{"java.lang.invoke.ResolvedMethodName", 9, 20, "LP"}, // vmholder, vmtarget
	{"java.lang.invoke.ResolvedMethodName", 21, newest, "P"},
	{"java.lang.invoke.MethodHandleNatives$CallSiteContext", 9, 11, "P"},       // vmdependencies
	{"java.lang.invoke.MethodHandleNatives$CallSiteContext", 12, newest, "PJ"}, // last_cleanup
	{"java.lang.invoke.CallSite", 24, newest, "PJ"},                            // both, moved here
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

var contentions = []contention{
	{"java.lang.Thread", 8, 24, false, [][]string{{"threadLocalRandomSeed", "threadLocalRandomProbe", "threadLocalRandomSecondarySeed"}}},
	{"java.util.concurrent.ConcurrentHashMap$CounterCell", 8, newest, true, nil},
	{"java.util.concurrent.atomic.Striped64$Cell", 8, newest, true, nil},
	{"java.util.concurrent.Exchanger$Node", 8, newest, true, nil},
	{"java.util.concurrent.Exchanger$Slot", 8, newest, true, nil},
	{"java.util.concurrent.ForkJoinPool", 9, 18, false, [][]string{{"ctl"}}},
	{"java.util.concurrent.ForkJoinPool", 19, newest, false, [][]string{{"ctl", "parallelism"}}},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 9, 18, false, [][]string{{"top", "source", "nsteals"}}},
	{"java.util.concurrent.ForkJoinPool$WorkQueue", 19, newest, false, [][]string{{"top", "phase", "stackPred", "source", "nsteals", "parking"}}},
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
// release adds to a class.
func injectedFields(class string, feature int) string {
	for i := range injections {
		if r := &injections[i]; r.class == class && r.since <= feature && feature <= r.upTo {
			return r.fields
		}
	}
	return ""
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
