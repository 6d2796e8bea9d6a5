import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.TypeCache;

/** 800 subclasses of one class by Byte Buddy, each in a loader of its own: "leak" makes one each time, "control" asks a TypeCache. */
public class ByteBuddyClasses {
    /** What is subclassed. */
    public static class Invoice {
    }

    static final List<Object> MADE = new ArrayList<>();
    static final TypeCache<String> CACHE = new TypeCache<>();

    static Class<?> generate() {
        return new ByteBuddy().subclass(Invoice.class).make().load(ByteBuddyClasses.class.getClassLoader()).getLoaded();
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < 800; i++) {
            Class<?> type = leak ? generate() : CACHE.findOrInsert(ByteBuddyClasses.class.getClassLoader(), "invoice", ByteBuddyClasses::generate);
            MADE.add(type.getDeclaredConstructor().newInstance());
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
