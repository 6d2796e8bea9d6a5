import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * HprofFields DUMP CLASS: prints the first 200 instances of CLASS (dotted name) with their primitive fields and
 * references (as hex ids). HprofFields DUMP CLASS::FIELD...: tallies the values of these fields instead, one line per
 * value: class, field, value ("null" or "set" for a reference), instances; separated by tabs. Only the class itself
 * counts, not its subclasses. A plain two-pass reader for 8-byte ids.
 */
public class HprofFields {
    static class Cls { long sup; long[] names; int[] types; }

    static final Map<Long, String> utf = new HashMap<>();
    static final Map<Long, Long> classNameId = new HashMap<>();
    static final Map<Long, Cls> classes = new HashMap<>();
    static final Map<String, List<String>> wanted = new HashMap<>();    // class -> fields to tally; none: print all
    static final Map<Long, String> wantedIds = new HashMap<>();
    static final TreeMap<String, Integer> tally = new TreeMap<>();
    static int printed;

    public static void main(String[] a) throws Exception {
        for (int i = 1; i < a.length; i++) {
            String[] w = a[i].split("::");
            List<String> fields = wanted.computeIfAbsent(w[0], k -> new ArrayList<>());
            if (w.length > 1) fields.add(w[1]);
        }
        pass(a[0], false);
        for (var e : classNameId.entrySet()) {
            String name = utf.get(e.getValue()).replace('/', '.');
            if (wanted.containsKey(name)) wantedIds.put(e.getKey(), name);
        }
        pass(a[0], true);
        tally.forEach((k, n) -> System.out.println(k + "\t" + n));
    }

    static int size(int t) { return t == 2 || t == 7 || t == 11 ? 8 : t == 4 || t == 8 ? 1 : t == 5 || t == 9 ? 2 : 4; }

    static void pass(String file, boolean objects) throws Exception {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(file), 1 << 20))) {
            in.skipNBytes(31);
            int tag;
            while ((tag = in.read()) >= 0) {
                in.readInt();
                long len = in.readInt() & 0xffffffffL;
                if (tag == 1 && !objects) { long id = in.readLong(); utf.put(id, new String(in.readNBytes((int) len - 8), "UTF-8")); }
                else if (tag == 2 && !objects) { in.readInt(); long id = in.readLong(); in.readInt(); classNameId.put(id, in.readLong()); }
                else if (tag == 0x1c || tag == 0x0c) heap(in, len);
                else in.skipNBytes(len);
            }
        }
    }

    static void heap(DataInputStream in, long left) throws Exception {
        while (left > 0) {
            int t = in.readUnsignedByte(); left--;
            int fixed = switch (t) { case 1 -> 16; case 2, 3, 8 -> 16; case 4, 6 -> 12; case 5, 7, 0xff -> 8; default -> -1; };
            if (fixed >= 0) { in.skipNBytes(fixed); left -= fixed; continue; }
            if (t == 0x20) {
                long id = in.readLong(); in.readInt();
                Cls c = new Cls(); c.sup = in.readLong(); in.skipNBytes(44); left -= 64;
                int n = in.readUnsignedShort(); left -= 2;
                while (n-- > 0) { in.readShort(); int s = size(in.read()); in.skipNBytes(s); left -= 3 + s; }
                n = in.readUnsignedShort(); left -= 2;
                while (n-- > 0) { in.readLong(); int s = size(in.read()); in.skipNBytes(s); left -= 9 + s; }
                n = in.readUnsignedShort(); left -= 2 + 9L * n;
                c.names = new long[n]; c.types = new int[n];
                for (int i = 0; i < n; i++) { c.names[i] = in.readLong(); c.types[i] = in.read(); }
                classes.put(id, c);
            } else if (t == 0x21) {
                long id = in.readLong(); in.readInt(); long cls = in.readLong(); int n = in.readInt();
                left -= 24 + n;
                String name = wantedIds.get(cls);
                if (name != null) show(id, cls, in, name); else in.skipNBytes(n);
            } else if (t == 0x22) { in.skipNBytes(12); long n = in.readInt(); in.skipNBytes(8 + 8 * n); left -= 24 + 8 * n; }
            else if (t == 0x23) { in.skipNBytes(12); long n = in.readInt(); int s = size(in.read()); in.skipNBytes(n * s); left -= 17 + n * s; }
            else throw new IOException("bad sub-record " + t);
        }
    }

    static void show(long id, long cls, DataInputStream in, String className) throws Exception {
        List<String> fields = wanted.get(className);
        StringBuilder b = new StringBuilder(className).append('@').append(Long.toHexString(id));
        for (Cls c = classes.get(cls); c != null; c = classes.get(c.sup))
            for (int i = 0; i < c.names.length; i++) {
                String v = switch (c.types[i]) {
                    case 2 -> "@" + Long.toHexString(in.readLong()); case 4 -> "" + in.readBoolean(); case 5 -> "" + (int) in.readChar();
                    case 6 -> "" + in.readFloat(); case 7 -> "" + in.readDouble(); case 8 -> "" + in.readByte(); case 9 -> "" + in.readShort();
                    case 10 -> "" + in.readInt(); default -> "" + in.readLong();
                };
                String name = utf.get(c.names[i]);
                b.append(' ').append(name).append('=').append(v);
                if (fields.contains(name)) {
                    String value = c.types[i] != 2 ? v : v.equals("@0") ? "null" : "set";
                    tally.merge(className + "\t" + name + "\t" + value, 1, Integer::sum);
                }
            }
        if (fields.isEmpty() && printed++ < 200) System.out.println(b);
    }
}
