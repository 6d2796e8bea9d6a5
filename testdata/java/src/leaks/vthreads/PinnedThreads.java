import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** Virtual threads that park inside a static initializer, where they keep their carriers: "leak" 4 of them, "control" parks outside. JDK 21+ */
public class PinnedThreads {
    static final CountDownLatch STARTED = new CountDownLatch(4);

    static void park() {
        STARTED.countDown();
        while (true) {
            LockSupport.park(STARTED);
        }
    }

    static class A {
        static {
            if (System.nanoTime() != 0) {
                park();
            }
        }

        static void touch() { }
    }

    static class B {
        static {
            if (System.nanoTime() != 0) {
                park();
            }
        }

        static void touch() { }
    }

    static class C {
        static {
            if (System.nanoTime() != 0) {
                park();
            }
        }

        static void touch() { }
    }

    static class D {
        static {
            if (System.nanoTime() != 0) {
                park();
            }
        }

        static void touch() { }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        Runnable[] all = {A::touch, B::touch, C::touch, D::touch};
        for (int i = 0; i < all.length; i++) {
            Thread.ofVirtual().name("loader-" + i).start(leak ? all[i] : PinnedThreads::park);
        }
        STARTED.await();
        Thread.sleep(300); // they are parked
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
