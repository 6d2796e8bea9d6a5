import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Objects of distinct classes, each kept in one known way, so that a reader of the dump can be held to it.
 * Arguments: all|live EXPECTED_JSON
 *
 * <p>Order of retention: strong, soft, finalizer, weak, phantom, no recorded root. An object belongs to the first
 * by which something keeps it. "all" is a dump without a collection before it, "live" one that the JVM collected first.
 *
 * <pre>
 *                                                                          all                live
 * StrongAndWeak        static array; a WeakReference too                  1000 strong        1000 strong
 * StrongAndFinalizable static array; has finalize()                         90 strong          90 strong
 * SharedBySoft         static array; a soft-only object refers to it        10 strong          10 strong
 * Enqueued             its Finalizer waits in Finalizer.queue               50 strong          50 strong
 * EnqueuedPart         field of an Enqueued                                 50 strong          50 strong
 * Blocker              the Finalizer thread is inside its finalize()         1 strong           1 strong
 * SoftOnly             one SoftReference                                   300 soft           300 soft
 * SoftPart             field of a SoftOnly                                 300 soft           300 soft
 * SoftAndWeak          a SoftReference and a WeakReference                 110 soft           110 soft
 * SoftAndFinalizable   a SoftReference; has finalize()                      80 soft            80 soft
 * FinalizableOnly      registered Finalizer                                120 finalizer      120 strong
 * FinalizablePart      field of a FinalizableOnly                          120 finalizer      120 strong
 * FinalizableAndWeak   registered Finalizer; a WeakReference               200 finalizer      200 strong
 * WeakOnly             one WeakReference                                   400 weak             0
 * WeakPart             field of a WeakOnly                                 400 weak             0
 * WeakAndPhantom       a WeakReference and a PhantomReference              130 weak             0
 * WeakBehindSoft       WeakReference in a SoftOnly-like SoftHolder          60 weak             0
 * SoftHolder           a SoftReference                                      60 soft            60 soft
 * SoftBehindWeak       SoftReference in a WeakHolder                        70 weak             0
 * WeakHolder           a WeakReference                                      70 weak             0
 * PhantomOnly          one PhantomReference                                150 phantom          0
 * PhantomPart          field of a PhantomOnly                              150 phantom          0
 * Cleaned              registered with a Cleaner                            45 phantom          0
 * CycleA, CycleB       each refers to the other, nothing to them       250+250 unreachable      0
 * SelfLoop             refers to itself                                     35 unreachable      0
 * BehindLostWeak       a WeakReference that nothing refers to               55 unreachable      0
 * BehindLostSoft       a SoftReference that nothing refers to               65 unreachable      0
 * </pre>
 *
 * In a live dump the collection has enqueued the Finalizers of all finalizable objects that nothing else keeps, and as
 * the Finalizer thread hangs they stay in the queue: strong.
 *
 * <p>Nothing may collect between the last build step and the dump: run with a young generation that holds everything.
 */
public class Retention {
    static class StrongAndWeak { }
    static class StrongAndFinalizable { @Override protected void finalize() { finalized++; } }
    static class SharedBySoft { }
    static class EnqueuedPart { }
    static class Enqueued { final EnqueuedPart part = new EnqueuedPart(); @Override protected void finalize() { finalized++; } }
    static class SoftPart { }
    static class SoftOnly { final SoftPart part = new SoftPart(); final SharedBySoft shared; SoftOnly(SharedBySoft s) { shared = s; } }
    static class SoftAndWeak { }
    static class SoftAndFinalizable { @Override protected void finalize() { finalized++; } }
    static class FinalizablePart { }
    static class FinalizableOnly { final FinalizablePart part = new FinalizablePart(); @Override protected void finalize() { finalized++; } }
    static class FinalizableAndWeak { @Override protected void finalize() { finalized++; } }
    static class WeakPart { }
    static class WeakOnly { final WeakPart part = new WeakPart(); }
    static class WeakAndPhantom { }
    static class WeakBehindSoft { }
    static class SoftHolder { final Reference<WeakBehindSoft> held = new WeakReference<>(new WeakBehindSoft()); }
    static class SoftBehindWeak { }
    static class WeakHolder { final Reference<SoftBehindWeak> held = new SoftReference<>(new SoftBehindWeak()); }
    static class PhantomPart { }
    static class PhantomOnly { final PhantomPart part = new PhantomPart(); }
    static class Cleaned { }
    static class CycleA { CycleB other; }
    static class CycleB { final CycleA other; CycleB(CycleA a) { other = a; } }
    static class SelfLoop { final SelfLoop self = this; }
    static class BehindLostWeak { }
    static class BehindLostSoft { }

    /** Its finalize() never returns, so every Finalizer enqueued later stays in the queue. */
    static class Blocker {
        static volatile boolean entered;
        @Override protected void finalize() { entered = true; park(); }
    }

    /** What holds the references themselves, strongly. */
    static final List<Reference<?>> HANDLES = new ArrayList<>();
    static final List<Cleaner.Cleanable> CLEANABLES = new ArrayList<>();
    static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
    static final Cleaner CLEANER = Cleaner.create();
    static final StrongAndWeak[] STRONG_AND_WEAK = new StrongAndWeak[1000];
    static final StrongAndFinalizable[] STRONG_AND_FINALIZABLE = new StrongAndFinalizable[90];
    static final SharedBySoft[] SHARED = new SharedBySoft[10];
    static final int ENQUEUED = 50;
    static int finalized;
    static volatile Object sunk;        // keeps the JIT from not allocating what is dropped

    public static void main(String[] a) throws Exception {
        boolean live = a[0].equals("live");
        block();
        enqueue();
        // From here on nothing may collect.
        strong();
        soft();
        finalizable();
        weak();
        phantom();
        lost();
        sunk = null;
        Files.writeString(Path.of(a[1]), Expected.json(live));
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    // Each step is a method of its own: an object that was in a local variable of main would stay a frame's root.

    static void block() throws InterruptedException {
        sunk = new Blocker();
        sunk = null;
        while (!Blocker.entered) { System.gc(); Thread.sleep(10); }
        Expected.add("Blocker", 1, "strong", 1, "strong");
    }

    static void enqueue() throws Exception {
        List<WeakReference<Enqueued>> watch = new ArrayList<>();
        for (int i = 0; i < ENQUEUED; i++) watch.add(new WeakReference<>(new Enqueued()));
        while (watch.stream().anyMatch(w -> w.get() != null)) { System.gc(); Thread.sleep(10); }
        // The collection has only put the Finalizers on the pending list, which the Reference Handler takes whole and
        // enqueues one by one. A reference of its next batch but one is enqueued after all of them.
        awaitReferenceHandler();
        awaitReferenceHandler();
        Expected.add("Enqueued", ENQUEUED, "strong", ENQUEUED, "strong");
        Expected.add("EnqueuedPart", ENQUEUED, "strong", ENQUEUED, "strong");
    }

    static void awaitReferenceHandler() throws InterruptedException {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        WeakReference<Object> marker = new WeakReference<>(new Object(), queue);
        while (queue.poll() == null) { System.gc(); Thread.sleep(10); }
        Reference.reachabilityFence(marker);
    }

    static void strong() {
        for (int i = 0; i < STRONG_AND_WEAK.length; i++) HANDLES.add(new WeakReference<>(STRONG_AND_WEAK[i] = new StrongAndWeak()));
        for (int i = 0; i < STRONG_AND_FINALIZABLE.length; i++) STRONG_AND_FINALIZABLE[i] = new StrongAndFinalizable();
        for (int i = 0; i < SHARED.length; i++) SHARED[i] = new SharedBySoft();
        Expected.add("StrongAndWeak", 1000, "strong", 1000, "strong");
        Expected.add("StrongAndFinalizable", 90, "strong", 90, "strong");
        Expected.add("SharedBySoft", 10, "strong", 10, "strong");
    }

    static void soft() {
        for (int i = 0; i < 300; i++) HANDLES.add(new SoftReference<>(new SoftOnly(SHARED[i % SHARED.length])));
        for (int i = 0; i < 110; i++) {
            SoftAndWeak o = new SoftAndWeak();
            HANDLES.add(new SoftReference<>(o));
            HANDLES.add(new WeakReference<>(o));
        }
        for (int i = 0; i < 80; i++) HANDLES.add(new SoftReference<>(new SoftAndFinalizable()));
        for (int i = 0; i < 60; i++) HANDLES.add(new SoftReference<>(new SoftHolder()));
        Expected.add("SoftOnly", 300, "soft", 300, "soft");
        Expected.add("SoftPart", 300, "soft", 300, "soft");
        Expected.add("SoftAndWeak", 110, "soft", 110, "soft");
        Expected.add("SoftAndFinalizable", 80, "soft", 80, "soft");
        Expected.add("SoftHolder", 60, "soft", 60, "soft");
        Expected.add("WeakBehindSoft", 60, "weak", 0, "");
    }

    static void finalizable() {
        for (int i = 0; i < 120; i++) sunk = new FinalizableOnly();
        for (int i = 0; i < 200; i++) HANDLES.add(new WeakReference<>(new FinalizableAndWeak()));
        Expected.add("FinalizableOnly", 120, "finalizer", 120, "strong");
        Expected.add("FinalizablePart", 120, "finalizer", 120, "strong");
        Expected.add("FinalizableAndWeak", 200, "finalizer", 200, "strong");
    }

    static void weak() {
        for (int i = 0; i < 400; i++) HANDLES.add(new WeakReference<>(new WeakOnly()));
        for (int i = 0; i < 130; i++) {
            WeakAndPhantom o = new WeakAndPhantom();
            HANDLES.add(new WeakReference<>(o));
            HANDLES.add(new PhantomReference<>(o, QUEUE));
        }
        for (int i = 0; i < 70; i++) HANDLES.add(new WeakReference<>(new WeakHolder()));
        Expected.add("WeakOnly", 400, "weak", 0, "");
        Expected.add("WeakPart", 400, "weak", 0, "");
        Expected.add("WeakAndPhantom", 130, "weak", 0, "");
        Expected.add("WeakHolder", 70, "weak", 0, "");
        Expected.add("SoftBehindWeak", 70, "weak", 0, "");
    }

    static void phantom() {
        for (int i = 0; i < 150; i++) HANDLES.add(new PhantomReference<>(new PhantomOnly(), QUEUE));
        for (int i = 0; i < 45; i++) CLEANABLES.add(CLEANER.register(new Cleaned(), () -> { }));
        Expected.add("PhantomOnly", 150, "phantom", 0, "");
        Expected.add("PhantomPart", 150, "phantom", 0, "");
        Expected.add("Cleaned", 45, "phantom", 0, "");
    }

    static void lost() {
        for (int i = 0; i < 250; i++) {
            CycleA a = new CycleA();
            sunk = a.other = new CycleB(a);
        }
        for (int i = 0; i < 35; i++) sunk = new SelfLoop();
        for (int i = 0; i < 55; i++) sunk = new WeakReference<>(new BehindLostWeak());
        for (int i = 0; i < 65; i++) sunk = new SoftReference<>(new BehindLostSoft());
        Expected.add("CycleA", 250, "unreachable", 0, "");
        Expected.add("CycleB", 250, "unreachable", 0, "");
        Expected.add("SelfLoop", 35, "unreachable", 0, "");
        Expected.add("BehindLostWeak", 55, "unreachable", 0, "");
        Expected.add("BehindLostSoft", 65, "unreachable", 0, "");
    }

    static void park() {
        try { Thread.sleep(Long.MAX_VALUE); } catch (InterruptedException e) { }
    }

    /** What each class must be found as: {"Retention$SoftOnly": {"instances": 300, "retention": "soft"}, ...}. */
    static class Expected {
        record Count(int all, String allRetention, int live, String liveRetention) { }
        private static final Map<String, Count> CLASSES = new TreeMap<>();

        static void add(String name, int all, String allRetention, int live, String liveRetention) {
            CLASSES.put("Retention$" + name, new Count(all, allRetention, live, liveRetention));
        }

        static String json(boolean live) {
            StringBuilder b = new StringBuilder("{\n");
            String sep = "";
            for (var e : CLASSES.entrySet()) {
                Count c = e.getValue();
                b.append(sep).append(String.format("  \"%s\": {\"instances\": %d, \"retention\": \"%s\"}", e.getKey(),
                    live ? c.live : c.all, live ? c.liveRetention : c.allRetention));
                sep = ",\n";
            }
            return b.append("\n}\n").toString();
        }
    }
}
