import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** 20 threads of Netty's factory each keep an encoder's buffer of 200 KB in a FastThreadLocal, and so does main: "leak" never removes it, "control" does. */
public class FastThreadLocals {
    static final class Encoder {
        final byte[] buffer = new byte[200_000];
    }

    static final FastThreadLocal<Encoder> ENCODER = new FastThreadLocal<Encoder>() {
        @Override
        protected Encoder initialValue() {
            return new Encoder();
        }
    };

    static int encode(boolean leak) {
        try {
            return ENCODER.get().buffer.length;
        } finally {
            if (!leak) {
                ENCODER.remove();
            }
        }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        int threads = 20;
        ExecutorService pool = Executors.newFixedThreadPool(threads, new DefaultThreadFactory("channel"));
        CountDownLatch all = new CountDownLatch(threads);
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            pool.submit(() -> {
                all.countDown();
                all.await(); // so that each task has a thread of its own
                encode(leak);
                done.countDown();
                return null;
            });
        }
        done.await();
        encode(leak); // a thread that is not Netty's has its map in a ThreadLocal
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
