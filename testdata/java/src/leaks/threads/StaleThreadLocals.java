import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Each request has a ThreadLocal of its own and sets it on one of 10 pooled threads: "leak" forgets the ThreadLocal, "control" calls remove() first. */
public class StaleThreadLocals {
    static final class Trace {
        final byte[] events = new byte[50_000];
    }

    /** A request makes its own ThreadLocal, where a static one should be. */
    static final class Request {
        final ThreadLocal<Trace> trace = new ThreadLocal<>();

        void handle(boolean leak) {
            trace.set(new Trace());
            if (!leak) {
                trace.remove();
            }
        }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        int threads = 10;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch all = new CountDownLatch(threads);
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            pool.submit(() -> {
                all.countDown();
                all.await(); // so that each task has a thread of its own
                for (int k = 0; k < 8; k++) { // fewer than a map's initial size cleans
                    new Request().handle(leak);
                }
                done.countDown();
                return null;
            });
        }
        done.await();
        System.gc();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
