import java.io.ObjectOutputStream;
import java.io.OutputStream;

/** An ObjectOutputStream that lives for long: "leak" writes 60,000 events without reset(), "control" resets after each 100. */
public class LongStream {
    record Event(int id, String text) implements java.io.Serializable {
    }

    static ObjectOutputStream audit;

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        audit = new ObjectOutputStream(OutputStream.nullOutputStream());
        for (int i = 0; i < 60_000; i++) {
            audit.writeObject(new Event(i, "event number " + i));
            if (!leak && i % 100 == 99) {
                audit.reset();
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
