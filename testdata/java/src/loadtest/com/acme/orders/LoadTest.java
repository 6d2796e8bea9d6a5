package com.acme.orders;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A load test of the service in five steps of growing load: arguments are the folder, the name of the series, and "leak" or "control",
 * in which customers log out. The program dumps itself after each step into NAME-1.hprof … NAME-5.hprof, and writes what it knows of
 * each step into NAME.expected.json.
 */
public final class LoadTest {
    /** Customers since the start, by step: with "leak" all their sessions are still there. */
    private static final int[] CUSTOMERS = {300, 600, 2_000, 4_000, 6_500};
    /** Mails that wait: more and more, then none. */
    private static final int[] MAILS = {100, 700, 1_500, 400, 0};
    /** Bytes in the buffer of a request thread: up and down. */
    private static final int[] BUFFERS = {20_000, 40_000, 10_000, 35_000, 30_000};

    private LoadTest() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        String name = args[1];
        boolean leak = args[2].equals("leak");
        OrderService service = OrderService.INSTANCE;
        service.start();
        StringBuilder steps = new StringBuilder();
        for (int step = 0, from = 0; step < CUSTOMERS.length; step++) {
            service.serve(from, from = CUSTOMERS[step], n -> order(service, n, leak));
            service.mails.drainTo(MAILS[step]);
            while (service.mails.size() < MAILS[step]) service.mails.send(from);
            service.buffers(BUFFERS[step]);
            steps.append(step == 0 ? "" : ",\n").append(String.format(
                    "    {\"dump\": \"%s-%d.hprof\", \"sessions\": %d, \"products\": %d, \"mails\": %d, \"buffers\": %d}",
                    name, step + 1, service.sessions.size(), service.products.size(), service.mails.size(), BUFFERS[step]));
            dump(folder.resolve(name + "-" + (step + 1) + ".hprof"));
        }
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(folder.resolve(name + ".expected.json")))) {
            String path = "\"com.acme.orders.OrderService.INSTANCE\", \"sessions\", \"byToken\", \"table\"";
            out.printf("{%n  \"leak\": [%s],%n  \"steps\": [%n%s%n  ]%n}%n", leak ? path : "", steps);
        }
    }

    /** One customer: logs in, looks at ten products, buys two, gets a mail; whether he logs out is the question. */
    private static void order(OrderService service, int n, boolean leak) {
        String token = "token-" + n;
        Session session = service.sessions.login(token);
        for (int i = 0; i < 10; i++) {
            ProductCache.Product p = service.products.get(seen(n, i));
            if (i % 5 == 0) session.cart.add(new Session.Item(i, p.name.length()));
        }
        service.mails.send(n);
        if (!leak) service.sessions.logout(token);
    }

    /** Products go out of fashion: customers look at 100, a few more with each customer. So the cache is full in the third step. */
    private static int seen(int n, int i) {
        return n * 6 / 10 + n * 31 % 10 * 10 + i;
    }

    private static void dump(Path file) throws IOException {
        Files.deleteIfExists(file);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), true);
    }
}
