import java.util.concurrent.CountDownLatch;

/** "leak" starts a thread per request, 1,200 of them, which wait for an answer that does not come; "control" lets 1,200 requests have a thread one after the other. */
public class ManyThreads {
    static final CountDownLatch ANSWER = new CountDownLatch(1);

    static void call(CountDownLatch started) {
        started.countDown();
        try {
            ANSWER.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        int n = 1200;
        CountDownLatch started = new CountDownLatch(n);
        if (!leak) {
            ANSWER.countDown();
        }
        for (int i = 0; i < n; i++) {
            Thread t = new Thread(null, () -> call(started), "request-" + i, 128 << 10);
            t.start();
            if (!leak) {
                t.join();
            }
        }
        started.await();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
