import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** 20 threads of a pool each keep a formatter's buffer of 200 KB in a ThreadLocal: "leak" never removes it, "control" does. */
public class PooledThreadLocals {
    static final class Formatter {
        final byte[] buffer = new byte[200_000];
        final List<String> recent = new ArrayList<>();
    }

    static final ThreadLocal<Formatter> FORMATTER = ThreadLocal.withInitial(Formatter::new);

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        int threads = 20;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch all = new CountDownLatch(threads);
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            int order = i;
            pool.submit(() -> {
                try {
                    FORMATTER.get().recent.add("order " + order);
                    all.countDown();
                    all.await(); // so that each task has a thread of its own
                } finally {
                    if (!leak) {
                        FORMATTER.remove();
                    }
                }
                done.countDown();
                return null;
            });
        }
        done.await();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
