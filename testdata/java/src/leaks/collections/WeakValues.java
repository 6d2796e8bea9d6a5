import java.util.Map;
import java.util.WeakHashMap;

/** A WeakHashMap whose values refer to their keys, so that no entry ever goes; or ("control") whose values do not, and whose keys live elsewhere. */
public class WeakValues {
    static class Session {
        final byte[] data = new byte[1000];
    }

    static class Info {
        final Session session;
        final String text;

        Info(Session session, String text) {
            this.session = session;
            this.text = text;
        }
    }

    static final Map<Session, Info> INFO = new WeakHashMap<>();
    static final Session[] OPEN = new Session[3000];

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < 6000; i++) {
            Session s = new Session();
            INFO.put(s, new Info(leak ? s : null, "session " + i));
            if (i < OPEN.length) OPEN[i] = s;
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
