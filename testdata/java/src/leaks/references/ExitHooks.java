import java.io.File;

/** What waits for the JVM's end: "leak" marks 30,000 files with deleteOnExit and adds 1,500 shutdown hooks, "control" 10 and 3. */
public class ExitHooks {
    static final class Flush extends Thread {
        final byte[] buffer = new byte[1000];
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < (leak ? 30_000 : 10); i++) {
            new File("/nowhere/upload-of-a-customer-" + i + ".part").deleteOnExit();
        }
        for (int i = 0; i < (leak ? 1500 : 3); i++) {
            Runtime.getRuntime().addShutdownHook(new Flush());
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
