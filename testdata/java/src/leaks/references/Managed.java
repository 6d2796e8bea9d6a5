import java.lang.management.ManagementFactory;

/** Asks for the environment, the JVM's options and its start, so that its heap has them. */
public class Managed {
    public static void main(String[] args) throws Exception {
        System.setProperty("shop.db.password", "s3cret-of-the-shop");
        System.out.println("variables " + System.getenv().size());
        System.out.println("started " + ManagementFactory.getRuntimeMXBean().getStartTime());
        System.out.println("options " + ManagementFactory.getRuntimeMXBean().getInputArguments().size());
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
