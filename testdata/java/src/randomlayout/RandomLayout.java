import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import javax.management.ObjectName;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Random classes for the test of object sizes: hundreds that inherit from one another, with fields of all types, static
 * ones too.
 *
 * <pre>
 * generate DIR COUNT SEED            write and compile the classes p.C0 ... into DIR
 * generate DIR COUNT SEED contended  the same with @Contended on some classes and fields
 * dump FILE COUNT                    make three instances of each and park virtual threads, dump the heap to FILE and
 *                                    its class histogram to FILE.histo.txt (before) and FILE.histo-after.txt
 * </pre>
 *
 * Both are taken from inside, so that a run costs no second JVM.
 */
public final class RandomLayout {
    private static final String[] TYPES = {
        "boolean", "byte", "char", "short", "int", "float", "long", "double", "Object", "String", "int[]"
    };
    private static final int COPIES = 3;

    static Object[] kept;
    static List<Thread> keptThreads;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("generate")) {
            generate(Path.of(args[1]), Integer.parseInt(args[2]), new Random(Long.parseLong(args[3])), args.length > 4);
        } else {
            dump(args[1], Integer.parseInt(args[2]));
        }
    }

    private static void generate(Path dir, int count, Random random, boolean contended) throws IOException {
        Path folder = Files.createDirectories(dir.resolve("p"));
        List<String> arguments = new ArrayList<>(List.of("-nowarn", "-proc:none", "-cp", dir.toString(), "-d", dir.toString()));
        if (contended) {
            arguments.addAll(List.of("--add-exports", "java.base/jdk.internal.vm.annotation=ALL-UNNAMED"));
        }
        for (int i = 0; i < count; i++) {
            Path file = folder.resolve("C" + i + ".java");
            Files.writeString(file, source(i, random, contended));
            arguments.add(file.toString());
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int status = compiler.run(null, null, null, arguments.toArray(new String[0]));
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Two classes of three extend an earlier one; one of eight is a chain's next link, so that some chains get long. */
    private static String source(int i, Random random, boolean contended) {
        StringBuilder s = new StringBuilder("package p;\n");
        boolean annotated = contended && random.nextInt(3) == 0;
        boolean whole = annotated && random.nextInt(2) == 0;
        if (whole) {
            s.append("@jdk.internal.vm.annotation.Contended\n");
        }
        s.append("public class C").append(i);
        if (i > 0 && random.nextInt(8) == 0) {
            s.append(" extends C").append(i - 1);
        } else if (i > 0 && random.nextInt(3) > 0) {
            s.append(" extends C").append(random.nextInt(i));
        }
        s.append(" {\n");
        int fields = random.nextInt(4) == 0 ? 0 : random.nextInt(random.nextInt(10) == 0 ? 30 : 7);
        for (int f = 0; f < fields; f++) {
            if (annotated && !whole && random.nextInt(3) == 0) {
                s.append("  @jdk.internal.vm.annotation.Contended");
                s.append(random.nextBoolean() ? "(\"g\")\n" : "\n");
            }
            s.append("  ").append(type(random)).append(" f").append(f).append(";\n");
        }
        for (int f = random.nextInt(6); f > 0; f--) {
            s.append("  static ").append(type(random)).append(" s").append(f).append(";\n");
        }
        return s.append("}\n").toString();
    }

    private static String type(Random random) {
        return TYPES[random.nextInt(TYPES.length)];
    }

    private static void dump(String file, int count) throws Exception {
        kept = new Object[count * COPIES];
        for (int i = 0; i < count; i++) {
            Class<?> c = Class.forName("p.C" + i);
            for (int j = 0; j < COPIES; j++) {
                kept[i * COPIES + j] = c.getDeclaredConstructor().newInstance();
            }
        }
        parkVirtualThreads();
        HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        Files.writeString(Path.of(file + ".histo.txt"), histogram());
        bean.dumpHeap(file, true);
        Files.writeString(Path.of(file + ".histo-after.txt"), histogram());
    }

    /** Virtual threads (JDK 21 and later) parked at different depths: their stacks lie in the heap, sized one by one. */
    private static void parkVirtualThreads() throws Exception {
        Method start;
        try {
            start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        } catch (NoSuchMethodException e) {
            return;
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int depth = 7 * i;
            threads.add((Thread) start.invoke(null, (Runnable) () -> parkAt(depth)));
        }
        for (Thread thread : threads) {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
        }
        keptThreads = threads;
    }

    private static void parkAt(int depth) {
        if (depth > 0) {
            parkAt(depth - 1);
        }
        while (true) {
            LockSupport.park();
        }
    }

    private static String histogram() throws Exception {
        return (String) ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {null}, new String[] {String[].class.getName()});
    }
}
