package hproftest

import (
	"fmt"
	"strings"

	"heapcause/hprof"
)

// shape is a class of the JDK: its fields and statics in the order in which HotSpot dumps them, which is the reverse of the
// source. Types are letters as in descriptors, L for a reference.
type shape struct{ super, fields, statics string }

const (
	object    = "java.lang.Object"
	reference = "java.lang.ref.Reference"
	thread    = "java.lang.Thread"
)

// jdk17 is taken from dumps of JDK 17; statics that nobody needs are left out.
var jdk17 = map[string]shape{
	object:                {"", "", ""},
	"java.lang.Number":    {object, "", ""},
	"java.lang.Boolean":   {object, "Z value", "L FALSE,L TRUE"},
	"java.lang.Integer":   {"java.lang.Number", "I value", ""},
	"java.lang.Long":      {"java.lang.Number", "J value", ""},
	"java.lang.Throwable": {object, "L suppressedExceptions,I depth,L stackTrace,L cause,L detailMessage,L backtrace", ""},
	"java.lang.Class":     {object, "L classValueMap,L annotationType,L annotationData,L enumConstantDirectory,L enumConstants,L genericInfo,I classRedefinedCount,L reflectionData,L componentType,L packageName,L classData,L classLoader,L module,L name,L cachedConstructor", "L reflectionFactory"},
	"java.lang.String":    {object, "Z hashIsZero,I hash,B coder,L value", "B UTF16,B LATIN1,Z COMPACT_STRINGS"},
	"java.lang.System":    {object, "", "L props,L err,L out,L in"},
	"java.lang.ClassLoader": {
		object, "L classLoaderValueMap,L classAssertionStatus,L packageAssertionStatus,Z defaultAssertionStatus,L assertionLock,L libraries,L packages,L defaultDomain,L classes,L package2certs,L parallelLockMap,L nameAndId,L unnamedModule,L name,L parent",
		"L scl",
	},
	"java.security.SecureClassLoader":                 {"java.lang.ClassLoader", "L pdcache", ""},
	"java.net.URLClassLoader":                         {"java.security.SecureClassLoader", "L closeables,L acc,L ucp", ""},
	"jdk.internal.loader.BuiltinClassLoader":          {"java.security.SecureClassLoader", "L resourceCache,L moduleToReader,L nameToModule,L ucp,L parent", "L packageToModule"},
	"jdk.internal.loader.ClassLoaders$AppClassLoader": {"jdk.internal.loader.BuiltinClassLoader", "", ""},
	thread: {
		object, "I threadLocalRandomSecondarySeed,I threadLocalRandomProbe,J threadLocalRandomSeed,L uncaughtExceptionHandler,L blockerLock,L blocker,L parkBlocker,I threadStatus,J tid,J stackSize,L inheritableThreadLocals,L threadLocals,L inheritedAccessControlContext,L contextClassLoader,L group,L target,J eetop,Z stillborn,Z interrupted,Z daemon,I priority,L name",
		"J threadSeqNumber,I threadInitNumber",
	},
	"java.lang.ThreadGroup":                      {object, "L groups,I ngroups,L threads,I nthreads,I nUnstartedThreads,Z daemon,Z destroyed,I maxPriority,L name,L parent", ""},
	"java.lang.ThreadLocal":                      {object, "I threadLocalHashCode", "L nextHashCode"},
	"java.lang.ThreadLocal$ThreadLocalMap":       {object, "I threshold,I size,L table", ""},
	"java.lang.ThreadLocal$ThreadLocalMap$Entry": {"java.lang.ref.WeakReference", "L value", ""},
	"java.lang.VersionProps":                     {object, "", "L java_runtime_version,L java_runtime_name,L java_version_date,L java_version,L launcher_name"},
	"jdk.internal.misc.VM":                       {object, "", "I peakFinalRefCount,I finalRefCount,L savedProps,L lock,I initLevel"},
	reference:                                    {object, "L discovered,L next,L queue,L referent", "Z processPendingActive,L processPendingLock"},
	"java.lang.ref.SoftReference":                {reference, "J timestamp", "J clock"},
	"java.lang.ref.WeakReference":                {reference, "", ""},
	"java.lang.ref.PhantomReference":             {reference, "", ""},
	"java.lang.ref.FinalReference":               {reference, "", ""},
	"java.lang.ref.Finalizer":                    {"java.lang.ref.FinalReference", "L prev,L next", "L lock,L unfinalized,L queue"},
	"java.lang.ref.Finalizer$FinalizerThread":    {thread, "Z running", ""},
	"java.lang.ref.Reference$ReferenceHandler":   {thread, "", ""},
	"java.lang.ref.ReferenceQueue":               {object, "J queueLength,L head,L lock", "L ENQUEUED,L NULL"},
	"java.lang.ref.ReferenceQueue$Null":          {"java.lang.ref.ReferenceQueue", "", ""},
	"java.lang.ref.ReferenceQueue$Lock":          {object, "", ""},
	"jdk.internal.ref.Cleaner":                   {"java.lang.ref.PhantomReference", "L thunk,L prev,L next", "L first,L dummyQueue"},

	"java.util.AbstractCollection":                                         {object, "", ""},
	"java.util.AbstractList":                                               {"java.util.AbstractCollection", "I modCount", ""},
	"java.util.AbstractSequentialList":                                     {"java.util.AbstractList", "", ""},
	"java.util.AbstractMap":                                                {object, "L values,L keySet", ""},
	"java.util.Dictionary":                                                 {object, "", ""},
	"java.util.ArrayList":                                                  {"java.util.AbstractList", "I size,L elementData", "L DEFAULTCAPACITY_EMPTY_ELEMENTDATA,L EMPTY_ELEMENTDATA"},
	"java.util.LinkedList":                                                 {"java.util.AbstractSequentialList", "L last,L first,I size", ""},
	"java.util.LinkedList$Node":                                            {object, "L prev,L next,L item", ""},
	"java.util.HashMap":                                                    {"java.util.AbstractMap", "F loadFactor,I threshold,I modCount,I size,L entrySet,L table", ""},
	"java.util.HashMap$Node":                                               {object, "L next,L value,L key,I hash", ""},
	"java.util.LinkedHashMap":                                              {"java.util.HashMap", "Z accessOrder,L tail,L head", ""},
	"java.util.LinkedHashMap$Entry":                                        {"java.util.HashMap$Node", "L after,L before", ""},
	"java.util.Hashtable":                                                  {"java.util.Dictionary", "L values,L entrySet,L keySet,I modCount,F loadFactor,I threshold,I count,L table", ""},
	"java.util.Hashtable$Entry":                                            {object, "L next,L value,L key,I hash", ""},
	"java.util.Properties":                                                 {"java.util.Hashtable", "L map,L defaults", ""},
	"java.util.WeakHashMap":                                                {"java.util.AbstractMap", "L entrySet,I modCount,L queue,F loadFactor,I threshold,I size,L table", "L NULL_KEY"},
	"java.util.WeakHashMap$Entry":                                          {"java.lang.ref.WeakReference", "L next,I hash,L value", ""},
	"java.util.concurrent.ConcurrentHashMap":                               {"java.util.AbstractMap", "L entrySet,L values,L keySet,L counterCells,I cellsBusy,I transferIndex,I sizeCtl,J baseCount,L nextTable,L table", ""},
	"java.util.concurrent.ConcurrentHashMap$Node":                          {object, "L next,L val,L key,I hash", ""},
	"java.util.concurrent.atomic.AtomicInteger":                            {"java.lang.Number", "I value", ""},
	"java.util.concurrent.AbstractExecutorService":                         {object, "", ""},
	"java.util.concurrent.ThreadPoolExecutor":                              {"java.util.concurrent.AbstractExecutorService", "I maximumPoolSize,I corePoolSize,Z allowCoreThreadTimeOut,J keepAliveTime,L handler,L threadFactory,J completedTaskCount,I largestPoolSize,L termination,L workers,L mainLock,L workQueue,L ctl", ""},
	"java.util.concurrent.ScheduledThreadPoolExecutor":                     {"java.util.concurrent.ThreadPoolExecutor", "Z removeOnCancel,Z executeExistingDelayedTasksAfterShutdown,Z continueExistingPeriodicTasksAfterShutdown", ""},
	"java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue":    {"java.util.AbstractQueue", "L available,L leader,I size,L lock,L queue", ""},
	"java.util.concurrent.ScheduledThreadPoolExecutor$ScheduledFutureTask": {"java.util.concurrent.FutureTask", "L this$0,I heapIndex,L outerTask,J period,J time,J sequenceNumber", ""},
	"java.util.concurrent.locks.AbstractOwnableSynchronizer":               {object, "L exclusiveOwnerThread", ""},
	"java.util.concurrent.locks.AbstractQueuedSynchronizer":                {"java.util.concurrent.locks.AbstractOwnableSynchronizer", "I state,L tail,L head", ""},
	"java.util.concurrent.ThreadPoolExecutor$Worker":                       {"java.util.concurrent.locks.AbstractQueuedSynchronizer", "L this$0,J completedTasks,L firstTask,L thread", ""},
	"java.util.AbstractQueue":                                              {"java.util.AbstractCollection", "", ""},
	"java.util.concurrent.LinkedBlockingQueue":                             {"java.util.AbstractQueue", "L notFull,L putLock,L notEmpty,L takeLock,L last,L head,L count,I capacity", ""},
	"java.util.concurrent.LinkedBlockingQueue$Node":                        {object, "L next,L item", ""},
	"java.util.concurrent.FutureTask":                                      {object, "L waiters,L runner,L outcome,L callable,I state", ""},
	"java.util.concurrent.Executors$RunnableAdapter":                       {object, "L result,L task", ""},
	"java.util.Timer":                                                      {object, "L cleanup,L thread,L queue", "L nextSerialNumber"},
	"java.util.Timer$ThreadReaper":                                         {object, "L thread,L queue", ""},
	"java.util.TimerThread":                                                {thread, "L queue,Z newTasksMayBeScheduled", ""},
	"java.util.TaskQueue":                                                  {object, "I size,L queue", ""},
	"java.util.TimerTask":                                                  {object, "J period,J nextExecutionTime,I state,L lock", "I CANCELLED,I EXECUTED,I SCHEDULED,I VIRGIN"},
}

// jdk8 and jdk6 have what differs from the newer one.
var jdk8 = map[string]shape{
	"java.lang.Class":       {object, "L classValueMap,L annotationType,L annotationData,L enumConstantDirectory,L enumConstants,L genericInfo,I classRedefinedCount,L reflectionData,L name,L newInstanceCallerCache,L cachedConstructor", "L reflectionFactory"},
	"java.lang.String":      {object, "I hash,L value", ""},
	"java.lang.ClassLoader": {object, "L classAssertionStatus,L packageAssertionStatus,Z defaultAssertionStatus,L assertionLock,L nativeLibraries,L packages,L domains,L defaultDomain,L classes,L package2certs,L parallelLockMap,L parent", "L scl"},
	thread: {
		object, "I threadLocalRandomSecondarySeed,I threadLocalRandomProbe,J threadLocalRandomSeed,L uncaughtExceptionHandler,L blockerLock,L blocker,L parkBlocker,I threadStatus,J tid,J nativeParkEventPointer,J stackSize,L inheritableThreadLocals,L threadLocals,L inheritedAccessControlContext,L contextClassLoader,L group,L target,Z stillborn,Z daemon,Z single_step,J eetop,L threadQ,I priority,L name",
		"J threadSeqNumber,I threadInitNumber",
	},
	"java.security.SecureClassLoader": {"java.lang.ClassLoader", "L pdcache,Z initialized", ""},
	reference:                         {object, "L discovered,L next,L queue,L referent", "L pending,L lock"},
	"java.util.Properties":            {"java.util.Hashtable", "L defaults", ""},
	"sun.misc.VM":                     {object, "", "I peakFinalRefCount,I finalRefCount,L savedProps,L lock,Z booted"},
	"sun.misc.Version":                {object, "", "L java_runtime_version,L java_runtime_name,L java_version,L launcher_name"},
}

var jdk6 = map[string]shape{
	"java.lang.String":        {object, "I hash,I count,I offset,L value", ""},
	"java.util.HashMap":       {"java.util.AbstractMap", "L entrySet,I modCount,F loadFactor,I threshold,I size,L table", ""},
	"java.util.HashMap$Entry": {object, "L next,L value,L key,I hash", ""},
	"sun.misc.VM":             {object, "", "I peakFinalRefCount,I finalRefCount,Z booted"},
}

// JDK returns a class of the JDK, making it and its superclasses when absent, with the shape that the dump's JDK gives it and
// a sticky root.
func (d *Dump) JDK(name string) *Class {
	if c := d.byName[name]; c != nil {
		return c
	}
	s, ok := jdk6[name]
	if !ok || d.java > 6 {
		if s, ok = jdk8[name]; !ok || d.java > 8 {
			s, ok = jdk17[name]
		}
	}
	if !ok {
		panic(fmt.Sprintf("hproftest: no shape of class %s is known; declare it with Class", name))
	}
	var super *Class
	if s.super != "" {
		super = d.JDK(s.super)
	}
	return d.Class(name, Super(super), Sticky(), func(c *Class) {
		c.fields = append(c.fields, letters(s.fields)...)
		for _, f := range letters(s.statics) {
			c.statics = append(c.statics, static{field: f})
		}
	})
}

func letters(list string) []field {
	var out []field
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		t := hprof.Object
		for k, l := range letter {
			if l == s[:1] {
				t = k
			}
		}
		out = append(out, field{s[2:], t})
	}
	return out
}

// bootstrap makes what every JVM has.
func (d *Dump) bootstrap() {
	for _, n := range []string{
		object, "java.lang.Class", "java.lang.String", "java.lang.ClassLoader", "java.security.SecureClassLoader",
		"java.net.URLClassLoader", "java.lang.System", thread, "java.lang.ThreadGroup", reference, "java.lang.ref.SoftReference", "java.lang.ref.WeakReference",
		"java.lang.ref.FinalReference", "java.lang.ref.PhantomReference", "java.lang.ref.Finalizer", "java.lang.ref.ReferenceQueue",
		"java.lang.Number", "java.lang.Integer", "java.lang.Long", "java.lang.Boolean",
	} {
		d.JDK(n)
	}
	for _, t := range []string{"boolean", "char", "float", "double", "byte", "short", "int", "long"} {
		d.ArrayClass(t)
	}
	d.ArrayClass(object)
	d.ArrayClass("java.lang.String")
}
