import java.lang.ref.Cleaner;
import java.util.concurrent.CountDownLatch;

/** 20,000 objects with a cleaner's action are garbage: in "leak" the cleaner's thread hangs in the first action, in "control" it does not. */
public class StuckCleaner {
    static final Cleaner CLEANER = Cleaner.create();

    static final class Hang implements Runnable {
        final CountDownLatch entered;

        Hang(CountDownLatch entered) {
            this.entered = entered;
        }

        @Override
        public void run() {
            entered.countDown();
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static final class Release implements Runnable {
        final byte[] handle = new byte[200];

        @Override
        public void run() {
        }
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("leak")) {
            CountDownLatch entered = new CountDownLatch(1);
            CLEANER.register(new Object(), new Hang(entered));
            while (entered.getCount() > 0) {
                System.gc();
                Thread.sleep(20);
            }
        }
        for (int i = 0; i < 20_000; i++) {
            CLEANER.register(new Object(), new Release());
        }
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(100);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
