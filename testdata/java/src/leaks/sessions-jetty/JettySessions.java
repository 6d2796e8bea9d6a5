import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/**
 * Sessions of a servlet in an embedded Jetty, each made by a request of its own. "leak": 400 with a cart of 20 KB each, half of which
 * never expire. "control": 20 that hold a name and expire.
 */
public class JettySessions {
    static final class Cart {
        final List<byte[]> items = new ArrayList<>();
    }

    static final class Shop extends HttpServlet {
        final boolean leak;
        int visitors;

        Shop(boolean leak) { this.leak = leak; }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            HttpSession session = request.getSession();
            session.setAttribute("user", "customer " + visitors);
            if (leak) {
                session.setMaxInactiveInterval(visitors % 2 == 0 ? -1 : 86_400);
                Cart cart = new Cart();
                for (int k = 0; k < 2; k++) {
                    cart.items.add(new byte[10_000]);
                }
                session.setAttribute("cart", cart);
            }
            visitors++;
        }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        Server server = new Server();
        LocalConnector connector = new LocalConnector(server);
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        context.setContextPath("/shop");
        context.addServlet(new ServletHolder(new Shop(leak)), "/*");
        context.getSessionHandler().setMaxInactiveInterval(1800);
        server.setHandler(context);
        server.start();
        for (int i = 0; i < (leak ? 400 : 20); i++) {
            connector.getResponse("GET /shop/ HTTP/1.0\r\n\r\n");
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
