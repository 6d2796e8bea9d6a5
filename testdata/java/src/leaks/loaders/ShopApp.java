import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;

/** The application that Redeploy loads with a class loader of its own each time. start leaves something behind, stop takes it away. */
public class ShopApp {
    static final Map<Integer, byte[]> CATALOGUE = new HashMap<>();
    static final ThreadLocal<Basket> BASKET = new ThreadLocal<>();
    static Thread poller, hook;
    static ShopDriver driver;

    static final class Basket {
        final byte[] items = new byte[10_000];
    }

    /** A driver that an application brings along and registers. */
    public static final class ShopDriver implements Driver {
        public java.sql.Connection connect(String url, Properties p) { return null; }
        public boolean acceptsURL(String url) { return false; }
        public DriverPropertyInfo[] getPropertyInfo(String url, Properties p) { return new DriverPropertyInfo[0]; }
        public int getMajorVersion() { return 1; }
        public int getMinorVersion() { return 0; }
        public boolean jdbcCompliant() { return false; }
        public Logger getParentLogger() { return null; }
    }

    public static void start(String pin) throws Exception {
        for (int i = 0; i < 30; i++) {
            CATALOGUE.put(i, new byte[10_000]);
        }
        switch (pin) {
            case "thread" -> {
                poller = new Thread(ShopApp::poll, "shop-poller");
                poller.setDaemon(true);
                poller.start();
            }
            case "threadlocal" -> BASKET.set(new Basket());
            case "hook" -> Runtime.getRuntime().addShutdownHook(hook = new Thread(ShopApp::flush, "shop-flush"));
            case "driver" -> DriverManager.registerDriver(driver = new ShopDriver());
            default -> { }
        }
    }

    public static void stop() throws Exception {
        BASKET.remove();
        if (poller != null) {
            poller.interrupt();
            poller.join();
        }
        if (hook != null) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        if (driver != null) {
            DriverManager.deregisterDriver(driver);
        }
    }

    static void poll() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            // stopped
        }
    }

    static void flush() { }
}
