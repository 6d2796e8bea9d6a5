import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** 120,000 weak references to what is gone wait in a queue: "leak" never polls it, "control" takes them out. */
public class UndrainedQueue {
    static final class Entry extends WeakReference<Object> {
        final byte[] statistics = new byte[16];

        Entry(Object o, ReferenceQueue<Object> queue) {
            super(o, queue);
        }
    }

    static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
    static final List<Entry> ENTRIES = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        int n = 120_000;
        Entry last = null;
        for (int i = 0; i < n; i++) {
            last = new Entry(new Object(), QUEUE);
            ENTRIES.add(last);
        }
        while (ENTRIES.stream().filter(Entry::isEnqueued).count() < n) {
            System.gc();
            Thread.sleep(50);
        }
        if (args[0].equals("control")) {
            while (QUEUE.poll() != null) {
                ENTRIES.remove(ENTRIES.size() - 1);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
