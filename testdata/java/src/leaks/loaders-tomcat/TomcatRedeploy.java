import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/**
 * Deploys the web application /shop in an embedded Tomcat five times, on a thread that lives on, and undeploys it four times. With
 * "leak" the application leaves a thread, a thread local, a shutdown hook and a timer behind, one each time; with "control" nothing.
 */
public class TomcatRedeploy {
    static Class<?> app;

    static Context deploy(Tomcat tomcat, Path docBase, String pin) throws Exception {
        Context context = tomcat.addContext("/shop", docBase.toString());
        ClassLoader loader = context.getLoader().getClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
        app = loader.loadClass("ShopApp");
        app.getMethod("start", String.class).invoke(null, pin);
        Thread.currentThread().setContextClassLoader(TomcatRedeploy.class.getClassLoader());
        return context;
    }

    static void undeploy(Tomcat tomcat, Context context, boolean stop) throws Exception {
        if (stop) {
            app.getMethod("stop").invoke(null);
        }
        app = null;
        tomcat.getHost().removeChild(context);
    }

    static Path war(Path base) throws Exception {
        Path classes = Files.createDirectories(base.resolve("shop/WEB-INF/classes"));
        for (String name : new String[] {"ShopApp.class", "ShopApp$Basket.class", "ShopApp$1.class"}) {
            try (InputStream in = TomcatRedeploy.class.getResourceAsStream(name)) {
                Files.copy(in, classes.resolve(name));
            }
        }
        return base.resolve("shop");
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        Logger.getLogger("org.apache").setLevel(Level.OFF);
        Path base = Files.createTempDirectory("tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        tomcat.getHost();
        tomcat.start();
        Path docBase = war(base);
        ExecutorService worker = Executors.newSingleThreadExecutor(r -> new Thread(r, "http-worker-1"));
        for (String pin : new String[] {"thread", "threadlocal", "hook", "timer"}) {
            worker.submit(() -> {
                undeploy(tomcat, deploy(tomcat, docBase, pin), !leak);
                return null;
            }).get();
        }
        worker.submit(() -> deploy(tomcat, docBase, "none")).get();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
