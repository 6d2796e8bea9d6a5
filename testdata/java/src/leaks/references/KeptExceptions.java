import java.util.ArrayList;
import java.util.List;

/** Exceptions with their stacks in a list: "leak" keeps 15,000, "control" 50. */
public class KeptExceptions {
    static final class OrderFailed extends Exception {
        final int order;

        OrderFailed(int order) {
            super("order " + order);
            this.order = order;
        }
    }

    static final class Audit {
        final List<Exception> failures = new ArrayList<>();
    }

    static final Audit AUDIT = new Audit();

    static void place(int order, int depth) throws OrderFailed {
        if (depth == 0) {
            throw new OrderFailed(order);
        }
        place(order, depth - 1);
    }

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 15_000 : 50;
        for (int i = 0; i < n; i++) {
            try {
                place(i, 10);
            } catch (OrderFailed e) {
                AUDIT.failures.add(e);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
