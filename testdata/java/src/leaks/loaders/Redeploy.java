import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Deploys ShopApp five times, each time in a new URLClassLoader over the same URL, on a thread that lives on. "leak" forgets four of
 * them without stop: a thread, a thread local, a shutdown hook and a JDBC driver keep one each. "control" stops them first.
 */
public class Redeploy {
    static URLClassLoader current;
    static Class<?> app;

    static void deploy(String pin) throws Exception {
        URL[] urls = {new File(System.getProperty("java.class.path").split(File.pathSeparator)[0]).toURI().toURL()};
        current = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(current);
        app = current.loadClass("ShopApp");
        app.getMethod("start", String.class).invoke(null, pin);
        Thread.currentThread().setContextClassLoader(null);
    }

    static void undeploy(boolean stop) throws Exception {
        if (stop) {
            app.getMethod("stop").invoke(null);
        }
        current.close();
        current = null;
        app = null;
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        ExecutorService worker = Executors.newSingleThreadExecutor(r -> new Thread(r, "http-worker-1"));
        for (String pin : new String[] {"thread", "threadlocal", "hook", "driver"}) {
            worker.submit(() -> {
                deploy(pin);
                undeploy(!leak);
                return null;
            }).get();
        }
        worker.submit(() -> {
            deploy("none");
            return null;
        }).get();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
