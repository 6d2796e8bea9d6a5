import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A pool of 8 connections. "leak": 4 of them were borrowed and dropped, 3 are at work in threads, 1 is kept in a static field, and 2
 * requests wait. "control": the same work, but each connection is returned; one is at work. Arguments: source, mode.
 */
public class ExhaustedPool {
    static Source pool;
    static Connection audit;

    public static void main(String[] args) throws Exception {
        pool = Source.of(args[0]);
        boolean leak = args[1].equals("leak");
        try (Connection c = pool.get()) {
            c.createStatement().execute("drop table if exists orders");
            c.createStatement().execute("create table orders (id int primary key, customer varchar(100))");
        }
        for (int i = 0; i < 4; i++) {
            placeOrder(i, leak);
        }
        audit = pool.get();
        if (!leak) {
            audit.close();
        }
        int workers = leak ? 3 : 1;
        CountDownLatch busy = new CountDownLatch(workers);
        for (int i = 0; i < workers; i++) {
            start("report-" + i, () -> report(busy));
        }
        busy.await();
        if (leak) {
            List<Thread> waiting = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                waiting.add(start("http-nio-8080-exec-" + i, () -> placeOrder(100, false)));
            }
            for (Thread t : waiting) {
                while (t.getState() != Thread.State.WAITING && t.getState() != Thread.State.TIMED_WAITING) {
                    Thread.sleep(20);
                }
            }
        }
        System.gc();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    interface Work {
        void run() throws Exception;
    }

    static Thread start(String name, Work work) {
        Thread t = new Thread(() -> {
            try {
                work.run();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }, name);
        t.setDaemon(true);
        t.start();
        return t;
    }

    static void placeOrder(int id, boolean leak) throws Exception {
        Connection c = pool.get();
        PreparedStatement s = c.prepareStatement("insert into orders values (" + id + ", 'Ada')");
        s.executeUpdate();
        if (!leak) {
            s.close();
            c.close();
        }
    }

    static void report(CountDownLatch busy) throws Exception {
        try (Connection c = pool.get(); PreparedStatement s = c.prepareStatement("select customer from orders where id > 17")) {
            s.executeQuery();
            busy.countDown();
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
