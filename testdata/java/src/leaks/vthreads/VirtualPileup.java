import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** 3,000 virtual threads wait for one of 2 permits that are not given back, each with a request of 2 KB on its stack; "control": 50 wait. JDK 21+ */
public class VirtualPileup {
    static final Semaphore CONNECTIONS = new Semaphore(2);
    static volatile int sink;

    static void handle(byte[] request) throws InterruptedException {
        CONNECTIONS.acquire();
        sink = request.length;
    }

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 3000 : 50;
        CONNECTIONS.acquire(2); // leaked
        CountDownLatch started = new CountDownLatch(n);
        for (int i = 0; i < n; i++) {
            Thread.ofVirtual().name("request-" + i).start(() -> {
                byte[] request = new byte[2000];
                started.countDown();
                try {
                    handle(request);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        started.await();
        while (CONNECTIONS.getQueueLength() < n) {
            Thread.sleep(10);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
