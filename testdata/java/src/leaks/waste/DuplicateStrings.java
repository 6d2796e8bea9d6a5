import java.nio.charset.StandardCharsets;

/**
 * 60,000 customers with a city and a status, of 20 and 3 values: "copies" has each value anew, as from a parser; "interned" has one String of
 * each; "shared" has a String for each customer over one array for each value, as String deduplication leaves them.
 */
public class DuplicateStrings {
    static final class Customer {
        final int id;
        final String city;
        final String status;

        Customer(int id, String city, String status) {
            this.id = id;
            this.city = city;
            this.status = status;
        }
    }

    static final Customer[] CUSTOMERS = new Customer[60_000];

    public static void main(String[] args) throws Exception {
        String[] cities = new String[20];
        String[] statuses = {"ACTIVE, PAYS BY CARD", "SUSPENDED FOR NOW", "CLOSED"};
        for (int i = 0; i < cities.length; i++) {
            cities[i] = "City number " + i + " on the river";
        }
        for (int i = 0; i < CUSTOMERS.length; i++) {
            CUSTOMERS[i] = new Customer(i, value(cities[i % cities.length], args[0]), value(statuses[i % statuses.length], args[0]));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    private static String value(String s, String how) {
        if (how.equals("shared")) {
            return new String(s);
        }
        String copy = new String(s.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
        return how.equals("interned") ? copy.intern() : copy;
    }
}
