import java.io.*;
import java.util.*;
import java.util.zip.GZIPInputStream;

/**
 * HprofStat FILE: reads one HPROF file front to back and prints plain counts as JSON. No analysis, no index.
 * HprofStat FILE FILE...: writes the counts of each to FILE.stat.json instead.
 */
public class HprofStat {
    static DataInputStream in;
    static long pos;
    static int idSize;
    static byte[] skipBuf = new byte[1 << 16];

    static int u1() throws IOException { int b = in.readUnsignedByte(); pos++; return b; }
    static int u2() throws IOException { pos += 2; return in.readUnsignedShort(); }
    static long u4() throws IOException { pos += 4; return in.readInt() & 0xffffffffL; }
    static long id() throws IOException { pos += idSize; return idSize == 8 ? in.readLong() : in.readInt() & 0xffffffffL; }
    static void skip(long n) throws IOException {
        while (n > 0) {
            int k = (int) Math.min(n, skipBuf.length);
            in.readFully(skipBuf, 0, k);
            n -= k; pos += k;
        }
    }
    static int size(int type) throws IOException {
        switch (type) {
            case 2: return idSize;
            case 4: case 8: return 1;
            case 5: case 9: return 2;
            case 6: case 10: return 4;
            case 7: case 11: return 8;
            default: throw new IOException("bad type " + type + " at " + pos);
        }
    }

    public static void main(String[] a) throws Exception {
        if (a.length == 1) count(new File(a[0]), System.out);
        else for (String name : a) try (PrintStream out = new PrintStream(name + ".stat.json")) { count(new File(name), out); }
    }

    static void count(File f, PrintStream out) throws IOException {
        pos = 0; idSize = 0;
        InputStream raw = new BufferedInputStream(new FileInputStream(f), 1 << 20);
        raw.mark(4);
        boolean gz = raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        if (gz) raw = new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 20);
        in = new DataInputStream(raw);

        TreeMap<String, Long> c = new TreeMap<>();
        String header = "", end = "clean";
        try {
            StringBuilder sb = new StringBuilder();
            for (int b; (b = u1()) != 0 && sb.length() < 40; ) sb.append((char) b);
            header = sb.toString();
            if (!header.startsWith("JAVA PROFILE")) throw new IOException("not HPROF");
            idSize = (int) u4();
            u4(); u4();
            while (true) {
                int tag;
                try { tag = u1(); } catch (EOFException e) { break; }
                u4();
                long len = u4();
                String name = switch (tag) {
                    case 1 -> "rec_utf8"; case 2 -> "rec_load_class"; case 4 -> "rec_frame"; case 5 -> "rec_trace";
                    case 0x0c -> "rec_heap_dump"; case 0x1c -> "rec_heap_dump_segment"; case 0x2c -> "rec_heap_dump_end";
                    default -> "rec_0x" + Integer.toHexString(tag);
                };
                c.merge(name, 1L, Long::sum);
                if (tag == 0x0c || tag == 0x1c) heap(pos + len, c); else skip(len);
            }
        } catch (EOFException e) {
            end = "EOF inside a record at " + pos;
        } catch (Exception e) {
            end = e.toString();
        }
        long objects = 0;
        for (String k : new String[] {"instances", "obj_arrays", "prim_arrays"}) objects += c.getOrDefault(k, 0L);
        out.println("{\n \"header\": \"" + header.replaceAll("[^ -~]", "?").replace("\"", "'").replace("\\", "/") + "\",\n \"gz\": " + gz
            + ",\n \"file_bytes\": " + f.length() + ",\n \"plain_bytes\": " + pos + ",\n \"id_size\": " + idSize
            + ",\n \"objects_without_classes\": " + objects + ",\n \"end\": \"" + end + "\"");
        c.forEach((k, v) -> out.println(" ,\"" + k + "\": " + v));
        out.println("}");
    }

    static void heap(long stop, Map<String, Long> c) throws IOException {
        long inst = 0, oa = 0, pa = 0, oaLen = 0, paBytes = 0;
        try {
            while (pos < stop) {
                int t = u1();
                switch (t) {
                    case 0xff: c.merge("root_unknown", 1L, Long::sum); skip(idSize); break;
                    case 0x01: c.merge("root_jni_global", 1L, Long::sum); skip(2 * idSize); break;
                    case 0x02: c.merge("root_jni_local", 1L, Long::sum); skip(idSize + 8); break;
                    case 0x03: c.merge("root_java_frame", 1L, Long::sum); skip(idSize + 8); break;
                    case 0x04: c.merge("root_native_stack", 1L, Long::sum); skip(idSize + 4); break;
                    case 0x05: c.merge("root_sticky_class", 1L, Long::sum); skip(idSize); break;
                    case 0x06: c.merge("root_thread_block", 1L, Long::sum); skip(idSize + 4); break;
                    case 0x07: c.merge("root_monitor", 1L, Long::sum); skip(idSize); break;
                    case 0x08: c.merge("root_thread", 1L, Long::sum); skip(idSize + 8); break;
                    case 0x20: {
                        c.merge("classes", 1L, Long::sum);
                        skip(7 * idSize + 8);
                        for (int n = u2(); n > 0; n--) { u2(); skip(size(u1())); }
                        for (int n = u2(); n > 0; n--) { id(); skip(size(u1())); }
                        for (int n = u2(); n > 0; n--) { id(); u1(); }
                        break;
                    }
                    case 0x21: inst++; skip(2 * idSize + 4); skip(u4()); break;
                    case 0x22: { oa++; skip(idSize + 4); long n = u4(); oaLen += n; skip(idSize + n * idSize); break; }
                    case 0x23: { pa++; skip(idSize + 4); long n = u4(); int s = size(u1()); paBytes += n * s; skip(n * s); break; }
                    default: throw new IOException("bad sub-record 0x" + Integer.toHexString(t) + " at " + (pos - 1));
                }
            }
            if (pos != stop) c.merge("segments_with_wrong_length", 1L, Long::sum);
        } finally {
            c.merge("instances", inst, Long::sum);
            c.merge("obj_arrays", oa, Long::sum);
            c.merge("prim_arrays", pa, Long::sum);
            c.merge("obj_array_elements", oaLen, Long::sum);
            c.merge("prim_array_bytes", paBytes, Long::sum);
        }
    }
}
