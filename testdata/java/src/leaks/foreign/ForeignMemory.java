import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;

/** 300 arenas of the foreign memory API with 4,096 bytes each, 100 of them closed; and 700 registrations of a Cleaner. */
public class ForeignMemory {
    static final List<Object> KEPT = new ArrayList<>();
    static final Cleaner CLEANER = Cleaner.create();

    static final class Release implements Runnable {
        @Override
        public void run() {
        }
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 300; i++) {
            Arena arena = Arena.ofShared();
            MemorySegment segment = arena.allocate(4096);
            KEPT.add(arena);
            KEPT.add(segment);
            KEPT.add(segment.asSlice(8, 16));
            if (i < 100) {
                arena.close();
            }
        }
        for (int i = 0; i < 700; i++) {
            Object handle = new Object();
            CLEANER.register(handle, new Release());
            KEPT.add(handle);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
