import java.io.File;
import java.util.TreeMap;
import org.graalvm.visualvm.lib.jfluid.heap.*;

/**
 * Opens a dump with VisualVM's heap library and prints what it counts: classes, instances, sizes, GC roots, and sums over all
 * references, so that two dumps can be compared. The library's jar is in Debian's package visualvm.
 */
public class VisualVM {
    public static void main(String[] args) throws Exception {
        Heap heap = HeapFactory.createHeap(new File(args[0]));
        HeapSummary s = heap.getSummary();
        System.out.println("instances " + s.getTotalLiveInstances());
        System.out.println("bytes " + s.getTotalLiveBytes());
        System.out.println("taken " + s.getTime());
        System.out.println("classes " + heap.getAllClasses().size());
        TreeMap<String, long[]> classes = new TreeMap<>();
        for (JavaClass c : (Iterable<JavaClass>) heap.getAllClasses()) {
            long[] n = classes.computeIfAbsent(c.getName(), k -> new long[3]);
            n[0]++;
            n[1] += c.getInstancesCount();
            n[2] += c.getAllInstancesSize();
        }
        classes.forEach((name, n) -> System.out.println(name + " " + n[0] + " " + n[1] + " " + n[2]));
        TreeMap<String, Integer> roots = new TreeMap<>();
        for (GCRoot r : (Iterable<GCRoot>) heap.getGCRoots()) {
            roots.merge(r.getKind(), 1, Integer::sum);
        }
        System.out.println("roots " + roots);
        long fields = 0, elements = 0, sum = 0, lengths = 0;
        for (Instance i : (Iterable<Instance>) () -> heap.getAllInstancesIterator()) {
            for (FieldValue v : i.getFieldValues()) {
                if (v instanceof ObjectFieldValue r && r.getInstance() != null) {
                    fields++;
                    sum = sum * 31 + r.getInstance().getInstanceId();
                }
            }
            if (i instanceof ObjectArrayInstance a) {
                lengths += a.getLength();
                for (Object e : a.getValues()) {
                    if (e != null) {
                        elements++;
                        sum = sum * 31 + ((Instance) e).getInstanceId();
                    }
                }
            } else if (i instanceof PrimitiveArrayInstance a) {
                lengths += a.getLength();
            }
        }
        System.out.println("references " + fields + " " + elements + " " + sum + ", elements " + lengths);
        for (JavaClass c : (Iterable<JavaClass>) heap.getAllClasses()) { // a path that readers follow: the names of threads
            if (!c.getName().equals("java.lang.Thread")) {
                continue;
            }
            for (Instance t : (Iterable<Instance>) c.getInstances()) {
                Instance name = (Instance) t.getValueOfField("name");
                PrimitiveArrayInstance chars = (PrimitiveArrayInstance) name.getValueOfField("value");
                StringBuilder b = new StringBuilder();
                for (Object x : chars.getValues()) {
                    b.append((char) Integer.parseInt((String) x));
                }
                System.out.println("thread " + b);
            }
        }
    }
}
