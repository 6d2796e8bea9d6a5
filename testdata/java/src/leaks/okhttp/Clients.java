import java.util.ArrayList;
import java.util.List;
import okhttp3.OkHttpClient;

/** OkHttp: "leak" makes a client for each of 100 users, "control" derives them from one with newBuilder(). */
public class Clients {
    static final List<OkHttpClient> CLIENTS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        OkHttpClient shared = leak ? null : new OkHttpClient();
        for (int i = 0; i < 100; i++) {
            OkHttpClient c = leak ? new OkHttpClient() : shared.newBuilder().build();
            c.dispatcher().executorService();
            CLIENTS.add(c);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
