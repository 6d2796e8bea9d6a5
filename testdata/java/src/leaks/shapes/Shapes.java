import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.MapMaker;
import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.Int2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.objects.ObjectArrayList;
import it.unimi.dsi.fastutil.objects.ObjectOpenHashSet;
import java.lang.Thread.State;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Collections of Guava, fastutil and the JDK in static fields whose names end in the number of their elements. */
public class Shapes {
    enum Many {
        A00, A01, A02, A03, A04, A05, A06, A07, A08, A09, A10, A11, A12, A13, A14, A15, A16, A17, A18, A19, A20, A21, A22, A23,
        A24, A25, A26, A27, A28, A29, A30, A31, A32, A33, A34, A35, A36, A37, A38, A39, A40, A41, A42, A43, A44, A45, A46, A47,
        A48, A49, A50, A51, A52, A53, A54, A55, A56, A57, A58, A59, A60, A61, A62, A63, A64, A65, A66, A67, A68, A69
    }

    static final List<String> GUAVA_LIST_3 = ImmutableList.of("a", "b", "c");
    static final List<String> GUAVA_LIST_1 = ImmutableList.of("a");
    static final Map<String, Integer> GUAVA_MAP_3 = ImmutableMap.of("a", 1, "b", 2, "c", 3);
    static final Set<String> GUAVA_SET_4 = ImmutableSet.of("a", "b", "c", "d");
    static final Set<String> GUAVA_SET_1 = ImmutableSet.of("a");
    static final ConcurrentMap<String, Integer> GUAVA_MAKER_100 = new MapMaker().weakValues().makeMap();
    static final Map<String, Integer> GUAVA_CACHE_100;
    static final List<String> FAST_LIST_3 = new ObjectArrayList<>(100);
    static final IntArrayList FAST_INTS_3 = new IntArrayList(100);
    static final Map<Integer, String> FAST_INT_MAP_5 = new Int2ObjectOpenHashMap<>();
    static final Map<Integer, Integer> FAST_INT_INT_5 = new Int2IntOpenHashMap();
    static final Map<String, String> FAST_MAP_5 = new Object2ObjectOpenHashMap<>();
    static final Set<String> FAST_SET_5 = new ObjectOpenHashSet<>();
    static final Set<Integer> FAST_INT_SET_5 = new IntOpenHashSet();
    static final Set<Many> JUMBO_66 = EnumSet.range(Many.A02, Many.A67);
    static final Set<State> ENUM_2 = EnumSet.of(State.NEW, State.TERMINATED);
    static final List<String> COPIES_7 = Collections.nCopies(7, "x");
    static final List<String> EMPTY_0 = Collections.emptyList();
    static final Map<String, String> CHECKED_2 = Collections.checkedMap(new HashMap<>(Map.of("a", "b", "c", "d")), String.class, String.class);
    static final ArrayDeque<Integer> RING_9 = new ArrayDeque<>();
    static final ConcurrentHashMap<Integer, Integer> STRIPED_20000 = new ConcurrentHashMap<>();
    static final ConcurrentSkipListMap<Integer, Integer> STRIPED_LIST_20000 = new ConcurrentSkipListMap<>();

    static {
        Cache<String, Integer> cache = CacheBuilder.newBuilder().build();
        GUAVA_CACHE_100 = cache.asMap();
    }

    static final Integer[] HELD = new Integer[100];

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 100; i++) {
            HELD[i] = 10_000 + i;
            GUAVA_MAKER_100.put("key " + i, HELD[i]);
            GUAVA_CACHE_100.put("key " + i, i);
        }
        for (int i = 0; i < 3; i++) {
            FAST_LIST_3.add("e" + i);
            FAST_INTS_3.add(i);
        }
        for (int i = 0; i < 5; i++) {
            FAST_INT_MAP_5.put(i, "v" + i); // 0 is the key that has a place of its own
            FAST_INT_INT_5.put(i, i);
            FAST_MAP_5.put("k" + i, "v" + i);
            FAST_SET_5.add("k" + i);
            FAST_INT_SET_5.add(i);
        }
        for (int i = 0; i < 40; i++) { // round the end of the array
            RING_9.addLast(i);
            if (RING_9.size() > 9) RING_9.removeFirst();
        }
        Thread[] all = new Thread[4]; // so that the counters are spread over cells
        for (int t = 0; t < all.length; t++) {
            int from = t * 5000;
            all[t] = new Thread(() -> {
                for (int i = from; i < from + 5000; i++) {
                    STRIPED_20000.put(i, i);
                    STRIPED_LIST_20000.put(i, i);
                }
            });
            all[t].start();
        }
        for (Thread t : all) t.join();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
