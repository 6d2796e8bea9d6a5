import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A pool of 4 threads: "leak" hands it 3,000 orders and 1,000 mails while its workers wait for a partner that does not answer, "control" lets them work. */
public class SlowExecutor {
    static final class Order {
        final byte[] lines = new byte[1000];
    }

    static final class Mail {
        final byte[] text = new byte[500];
    }

    static final ExecutorService ORDERS = Executors.newFixedThreadPool(4);
    static final CountDownLatch PARTNER = new CountDownLatch(1);

    static void book(Order order) throws InterruptedException {
        PARTNER.await();
    }

    static int send(Mail mail) {
        return mail.text.length;
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("control")) {
            PARTNER.countDown();
        }
        CompletableFuture<?> last = null;
        for (int i = 0; i < 4000; i++) {
            if (i % 4 == 3) {
                Mail mail = new Mail();
                last = CompletableFuture.supplyAsync(() -> send(mail), ORDERS);
            } else {
                Order order = new Order();
                ORDERS.submit(() -> {
                    book(order);
                    return null;
                });
            }
        }
        if (args[0].equals("control")) {
            last.join();
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
