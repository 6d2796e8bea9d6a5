import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keys whose hash code is that of their tenant alone, of which there is one; or ("control") of tenant and number. */
public class CollidingKeys {
    static class Key {
        final String tenant;
        final int number;
        final boolean good;

        Key(String tenant, int number, boolean good) {
            this.tenant = tenant;
            this.number = number;
            this.good = good;
        }

        @Override
        public int hashCode() { return good ? Objects.hash(tenant, number) : tenant.hashCode(); }

        @Override
        public boolean equals(Object o) { return o instanceof Key k && k.tenant.equals(tenant) && k.number == number; }
    }

    static final Map<Key, String> PRICES = new HashMap<>();
    static final Map<Key, String> STOCK = new ConcurrentHashMap<>();
    static final Set<Key> SEEN = new HashSet<>();

    public static void main(String[] args) throws Exception {
        boolean good = !args[0].equals("leak");
        for (int i = 0; i < 4000; i++) {
            PRICES.put(new Key("acme", i, good), "price " + i);
            STOCK.put(new Key("acme", i, good), "stock");
        }
        // Two tenants: two bins.
        for (int i = 0; i < 2000; i++) SEEN.add(new Key(i % 4 == 0 ? "acme" : "example", i, good));
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
