import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A static map ("map") or list ("list") that every request adds to and nothing removes from, a map of a singleton ("singleton"), or ("control") a map that forgets its oldest entries. */
public class StaticGrowth {
    static class Request {
        final int id;
        final byte[] body = new byte[500];

        Request(int id) { this.id = id; }
    }

    static class Registry {
        static final Registry INSTANCE = new Registry();
        final Map<Long, Request> requests = Collections.synchronizedMap(new HashMap<>());
    }

    static final Map<Integer, Request> BY_ID = new HashMap<>();
    static final List<Request> LOG = new ArrayList<>();
    static final Map<Integer, Request> RECENT = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Request> eldest) { return size() > 100; }
    };

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 20_000; i++) {
            Request r = new Request(i);
            switch (args[0]) {
                case "map": BY_ID.put(i, r); break;
                case "list": LOG.add(r); break;
                case "singleton": Registry.INSTANCE.requests.put((long) i, r); break;
                default: RECENT.put(i, r);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
