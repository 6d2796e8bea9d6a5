import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;

/** Handles with a cleaner's action that a list keeps: "leak" 110,000 of them, "control" 500. */
public class CleanerHoard {
    static final Cleaner CLEANER = Cleaner.create();
    static final List<Object> HANDLES = new ArrayList<>();

    static final class Release implements Runnable {
        @Override
        public void run() {
        }
    }

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 110_000 : 500;
        for (int i = 0; i < n; i++) {
            Object handle = new Object();
            CLEANER.register(handle, new Release());
            HANDLES.add(handle);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
