import java.util.HashMap;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;

/** The web application that TomcatRedeploy deploys again and again. start leaves something behind, stop takes it away. */
public class ShopApp {
    static final Map<Integer, byte[]> CATALOGUE = new HashMap<>();
    static final ThreadLocal<Basket> BASKET = new ThreadLocal<>();
    static Thread poller, hook;
    static Timer timer;

    static final class Basket {
        final byte[] items = new byte[10_000];
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
            case "hook" -> Runtime.getRuntime().addShutdownHook(hook = new Thread(ShopApp::poll, "shop-flush"));
            case "timer" -> {
                timer = new Timer("shop-reindex", true);
                timer.schedule(new TimerTask() {
                    @Override
                    public void run() { }
                }, 3_600_000, 3_600_000);
            }
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
        if (timer != null) {
            timer.cancel();
        }
    }

    static void poll() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            // stopped
        }
    }
}
