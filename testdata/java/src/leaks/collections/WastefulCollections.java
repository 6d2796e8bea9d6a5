import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ten thousand customers, each with a list that is never used and a large map with one entry; or ("control") with collections as large as what they hold. */
public class WastefulCollections {
    static class Customer {
        final String name;
        final List<String> orders;
        final Map<String, String> attributes;

        Customer(int i, boolean wasteful) {
            name = "customer " + i;
            orders = wasteful ? new ArrayList<>(50) : new ArrayList<>(Arrays.asList(name));
            attributes = wasteful ? new HashMap<>(64) : new HashMap<>(2);
            attributes.put("name", name);
        }
    }

    static final Customer[] CUSTOMERS = new Customer[10_000];

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < CUSTOMERS.length; i++) CUSTOMERS[i] = new Customer(i, args[0].equals("leak"));
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
