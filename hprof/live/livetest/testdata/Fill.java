import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Holds as many MiB as its first argument says, of bytes that do not pack, and an object that nothing holds. */
public class Fill {
    static class Dropped {
        final byte[] load = new byte[1000];
    }

    static final List<byte[]> HELD = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        Random random = new Random(1);
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            byte[] load = new byte[1 << 20];
            random.nextBytes(load);
            HELD.add(load);
        }
        System.gc();
        new Dropped();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
