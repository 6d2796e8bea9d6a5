import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.cache.CacheBuilder;
import java.util.function.ObjIntConsumer;
import net.sf.ehcache.CacheManager;
import net.sf.ehcache.Element;
import net.sf.ehcache.config.CacheConfiguration;
import net.sf.ehcache.config.Configuration;

/** A cache of Guava, Caffeine, Ehcache 2 or Spring without any bound ("leak"), or with one ("control"): arguments are the library and which. */
public class UnboundedCaches {
    static Object cache;

    static ObjIntConsumer<byte[]> make(String library, boolean bounded) {
        switch (library) {
            case "guava": {
                CacheBuilder<Object, Object> b = CacheBuilder.newBuilder();
                com.google.common.cache.Cache<String, byte[]> c = (bounded ? b.maximumSize(20_000) : b).build();
                cache = c;
                return (v, i) -> c.put("key " + i, v);
            }
            case "caffeine": {
                Caffeine<Object, Object> b = Caffeine.newBuilder();
                com.github.benmanes.caffeine.cache.Cache<String, byte[]> c = (bounded ? b.maximumSize(20_000) : b).build();
                cache = c;
                return (v, i) -> c.put("key " + i, v);
            }
            case "spring": {
                var c = new org.springframework.cache.concurrent.ConcurrentMapCache("pages");
                cache = c;
                return (v, i) -> {
                    if (!bounded || i < 500) c.put("key " + i, v);
                };
            }
            default: {
                CacheManager m = CacheManager.create(new Configuration().name("shop").updateCheck(false));
                CacheConfiguration k = new CacheConfiguration("pages", bounded ? 20_000 : 0).eternal(true);
                net.sf.ehcache.Cache c = new net.sf.ehcache.Cache(k);
                m.addCache(c);
                cache = c;
                return (v, i) -> c.put(new Element("key " + i, v));
            }
        }
    }

    public static void main(String[] args) throws Exception {
        ObjIntConsumer<byte[]> put = make(args[0], args[1].equals("control"));
        for (int i = 0; i < 10_000; i++) put.accept(new byte[500], i);
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
