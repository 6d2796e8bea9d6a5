import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.session.StandardSession;
import org.apache.catalina.startup.Tomcat;

/**
 * Sessions of a web application in an embedded Tomcat. "leak": 400 with a cart of 20 KB each, idle for up to 400 minutes, half of which
 * never expire, 100 of which were never asked for again. "control": 20 that hold a name and expire.
 */
public class TomcatSessions {
    static final class Cart {
        final List<byte[]> items = new ArrayList<>();
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        Logger.getLogger("org.apache").setLevel(Level.OFF);
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        tomcat.getHost();
        tomcat.start();
        Context context = tomcat.addContext("/shop", null);
        long now = System.currentTimeMillis();
        for (int i = 0; i < (leak ? 400 : 20); i++) {
            StandardSession session = (StandardSession) context.getManager().createSession(null);
            session.setAttribute("user", "customer " + i);
            if (leak) {
                long idle = i * 60_000L + 30_000;
                session.setCreationTime(now - idle - (i % 4 == 0 ? 0 : 600_000));
                if (i % 4 != 0) { // asked for again
                    session.access();
                    session.endAccess();
                    java.lang.reflect.Field f = StandardSession.class.getDeclaredField("thisAccessedTime");
                    f.setAccessible(true);
                    f.setLong(session, now - idle);
                }
                session.setMaxInactiveInterval(i % 2 == 0 ? -1 : 86_400);
                Cart cart = new Cart();
                for (int k = 0; k < 2; k++) {
                    cart.items.add(new byte[10_000]);
                }
                session.setAttribute("cart", cart);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
