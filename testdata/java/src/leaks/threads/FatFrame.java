import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A report reads all rows into a list on its stack: "leak" 20,000 rows at once, "control" page by page. */
public class FatFrame {
    static final class Row {
        final long id;
        final byte[] columns = new byte[200];

        Row(long id) {
            this.id = id;
        }
    }

    static long total;

    static List<Row> query(int from, int to) {
        List<Row> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            rows.add(new Row(i));
        }
        return rows;
    }

    static void report(int rowsPerPage, CountDownLatch ready) throws InterruptedException {
        for (int from = 0; from < 20_000; from += rowsPerPage) {
            List<Row> rows = query(from, from + rowsPerPage);
            render(rows, from + rowsPerPage == 20_000 ? ready : null);
        }
    }

    static void render(List<Row> rows, CountDownLatch ready) throws InterruptedException {
        for (Row r : rows) {
            total += r.id;
        }
        if (ready != null) {
            ready.countDown();
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    public static void main(String[] args) throws Exception {
        int page = args[0].equals("leak") ? 20_000 : 100;
        CountDownLatch ready = new CountDownLatch(1);
        ExecutorService http = Executors.newFixedThreadPool(2, r -> new Thread(r, "http-worker"));
        http.submit(() -> {
            report(page, ready);
            return null;
        });
        ready.await();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
