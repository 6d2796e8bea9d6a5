import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;

/** java.net.http: "leak" keeps an HttpClient for each of 60 users, each with a selector thread; "control" shares one. */
public class Clients {
    static final List<HttpClient> CLIENTS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        HttpClient shared = leak ? null : HttpClient.newHttpClient();
        for (int i = 0; i < 60; i++) {
            CLIENTS.add(leak ? HttpClient.newHttpClient() : shared);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
