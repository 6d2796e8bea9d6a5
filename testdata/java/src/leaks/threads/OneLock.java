import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

/** A writer has a monitor and a ReentrantLock and does not let go: "leak" has 30 threads that wait for each, "control" 3. */
public class OneLock {
    static final class Journal {
        long entries;

        synchronized void append() {
            entries++;
        }
    }

    static final Journal JOURNAL = new Journal();
    static final ReentrantLock TABLE = new ReentrantLock();
    static final CountDownLatch NEVER = new CountDownLatch(1);

    static void write(CountDownLatch has) {
        TABLE.lock();
        synchronized (JOURNAL) {
            has.countDown();
            try {
                NEVER.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static void update() {
        TABLE.lock();
    }

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 30 : 3;
        CountDownLatch has = new CountDownLatch(1);
        new Thread(() -> write(has), "writer").start();
        has.await();
        for (int i = 0; i < n; i++) {
            new Thread(JOURNAL::append, "appender-" + i).start();
            new Thread(OneLock::update, "updater-" + i).start();
        }
        Thread.sleep(500); // all are at their locks
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
