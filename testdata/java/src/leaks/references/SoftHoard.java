import java.lang.ref.SoftReference;
import java.util.HashMap;
import java.util.Map;

/** A cache of soft references to 1 KB pages: "leak" keeps 12,000, "control" 100. */
public class SoftHoard {
    static final class Page {
        final byte[] text = new byte[1000];
    }

    static final Map<Integer, SoftReference<Page>> PAGES = new HashMap<>();

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 12_000 : 100;
        for (int i = 0; i < n; i++) {
            PAGES.put(i, new SoftReference<>(new Page()));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
