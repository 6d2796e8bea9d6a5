import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.postgresql.jdbc3g.Jdbc3gConnection;
import org.postgresql.jdbc3g.Jdbc3gPreparedStatement;

/**
 * A program with secrets wherever a report might take a text from. Each secret is a word of its own, PLANT, a number and the place, so
 * that a test can ask for every word that begins so; the words are put together at run time, to be in no constant.
 */
public class Secrets {
    static final String MARK = new String(new char[] {'P', 'L', 'A', 'N', 'T'});

    static String secret(int n, String place) {
        return new StringBuilder(MARK).append(n).append('x').append(place).toString();
    }

    static final Map<String, Object> VAULT = new HashMap<>();
    static final List<Object> HOLD = new ArrayList<>();
    static final ThreadLocal<Map<String, String>> SESSION = new ThreadLocal<>();
    static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();

    static class Session {
        final String token;
        final Map<String, Object> attributes = new HashMap<>();
        final char[] password;

        Session(int n) {
            token = secret(n, "token");
            password = secret(n, "password").toCharArray();
            attributes.put("card", "4111 1111 1111 " + secret(n, "card"));
            attributes.put(secret(n, "attribute"), "value");
        }
    }

    /** One hash code for all keys. */
    static final class Key implements Comparable<Key> {
        final String name;
        Key(String name) { this.name = name; }
        @Override public int hashCode() { return 7; }
        @Override public boolean equals(Object o) { return o instanceof Key && ((Key) o).name.equals(name); }
        @Override public int compareTo(Key o) { return name.compareTo(o.name); }
        @Override public String toString() { return name; }
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("db.password", secret(1, "property"));
        System.setProperty("java.vendor.url", "https://user:" + secret(2, "vendor") + "@example.org/");
        System.setProperty("http.agent", secret(3, "agent"));

        String url = "jdbc:postgresql://" + secret(4, "urluser") + ":" + secret(5, "urlpassword") + "@db.internal:5432/shop?password=" + secret(6, "urlquery");
        Jdbc3gConnection connection = new Jdbc3gConnection(url, secret(7, "user"));
        for (int i = 0; i < 3000; i++) {
            Jdbc3gPreparedStatement s = connection.prepareStatement("SELECT * FROM cards WHERE pan = '" + secret(8, "sqlliteral") + "' /* " + secret(9, "sqlcomment") + " */ AND pin = ?");
            s.setQueryTimeout(3000);
            s.executeQuery(1);
            HOLD.add(s);
        }
        Jdbc3gPreparedStatement broken = connection.prepareStatement("SELECT * FROM cards WHERE pan = '" + secret(10, "sqlopen"));
        broken.setQueryTimeout(3000);
        broken.executeQuery(1);
        HOLD.add(broken);

        for (int i = 0; i < 2000; i++) {
            HOLD.add(secret(11, "duplicate"));
            HOLD.add(secret(12, "chars").toCharArray());
            HOLD.add(secret(13, "bytes").getBytes("US-ASCII"));
            HOLD.add(new StringBuilder(4000).append(secret(14, "builder")));
        }
        String pem = "-----BEGIN PRIVATE KEY-----\n" + secret(15, "pem") + "\n-----END PRIVATE KEY-----\n";
        HOLD.add(pem.repeat(40_000));
        HOLD.add((secret(16, "latin") + "\u20ac").repeat(20_000));

        for (int i = 0; i < 500; i++) SESSIONS.put(secret(17, "sessionkey") + i, new Session(18));
        Map<Key, String> colliding = new HashMap<>();
        for (int i = 0; i < 3000; i++) colliding.put(new Key(secret(19, "key") + i), secret(20, "value"));
        VAULT.put("colliding", colliding);
        Map<String, String> same = new HashMap<>(); // "Aa" and "BB" have one hash code
        for (int i = 0; i < 2048; i++) {
            StringBuilder b = new StringBuilder(secret(21, "samehash"));
            for (int bit = 0; bit < 11; bit++) b.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            same.put(b.toString(), "x");
        }
        VAULT.put("same", same);
        Properties properties = new Properties();
        properties.setProperty("keystore.password", secret(22, "properties"));
        VAULT.put(secret(23, "vaultkey"), properties);
        VAULT.put("uri", new URI("https://u:" + secret(24, "uri") + "@example.org/p?token=" + secret(25, "uriquery")));
        VAULT.put("url", new URL("https://u:" + secret(26, "url") + "@example.org/p?token=" + secret(27, "urlobject")));
        VAULT.put("error", new IllegalStateException("cannot log in with " + secret(28, "message")));

        for (int i = 0; i < 8; i++) {
            HOLD.add(new URLClassLoader("plugin", new URL[] {new URL("https://deploy:" + secret(29, "loader") + "@repo.example.org/plugin.jar")}, null));
        }

        ThreadPoolExecutor pool = new ThreadPoolExecutor(1, 1, 1, TimeUnit.DAYS, new LinkedBlockingQueue<>());
        for (int i = 0; i < 5000; i++) {
            String argument = secret(30, "task");
            pool.execute(() -> work(argument));
        }
        Thread t = new Thread(() -> {
            SESSION.set(new HashMap<>(Map.of("bearer", secret(31, "threadlocal"))));
            work(secret(32, "local"));
        }, "http-1");
        t.setDaemon(true);
        t.start();
        Thread.sleep(300);
        System.out.println("READY " + Arrays.toString(args).length());
        work("");
    }

    static void work(String argument) {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            System.out.println(argument);
        }
    }
}
