import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.util.EntityUtils;

/**
 * Apache HttpClient 4. "leak": 60 clients that are never closed. "exhausted": a pool of 20 connections whose responses are never closed,
 * with 5 threads that wait for one. "control": one client, responses consumed.
 */
public class Clients {
    static final List<Object> KEPT = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        if (args[0].equals("leak")) {
            for (int i = 0; i < 60; i++) {
                KEPT.add(HttpClients.createDefault());
            }
        } else {
            requests(args[0].equals("exhausted"));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    static void requests(boolean exhausted) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", e -> {
            e.sendResponseHeaders(200, 5);
            e.getResponseBody().write("hello".getBytes());
            e.close();
        });
        server.start();
        PoolingHttpClientConnectionManager pool = new PoolingHttpClientConnectionManager();
        pool.setMaxTotal(20);
        pool.setDefaultMaxPerRoute(20);
        CloseableHttpClient client = HttpClients.custom().setConnectionManager(pool).build();
        KEPT.add(client);
        String url = "http://localhost:" + server.getAddress().getPort() + "/";
        for (int i = 0; i < 20; i++) {
            CloseableHttpResponse response = client.execute(new HttpGet(url));
            if (exhausted) {
                KEPT.add(response);
            } else {
                EntityUtils.consume(response.getEntity());
                response.close();
            }
        }
        for (int i = 0; exhausted && i < 5; i++) {
            new Thread(() -> {
                try {
                    client.execute(new HttpGet(url));
                } catch (Exception e) {
                    e.printStackTrace();
                }
            }, "web-" + i).start();
        }
        while (exhausted && pool.getTotalStats().getPending() < 5) {
            Thread.sleep(10);
        }
    }
}
