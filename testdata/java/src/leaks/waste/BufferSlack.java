import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * 100 sessions each keep the StringBuilder and the ByteArrayOutputStream of a request: "slack" has grown them to 60,000 characters and 40,000
 * bytes and reset them, "trimmed" keeps them as small as their content.
 */
public class BufferSlack {
    static final class Session {
        StringBuilder text = new StringBuilder();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    }

    static final List<Session> SESSIONS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean slack = args[0].equals("slack");
        for (int i = 0; i < 100; i++) {
            Session s = new Session();
            if (slack) {
                s.text.append("x".repeat(60_000)).setLength(0);
                s.bytes.write(new byte[40_000]);
                s.bytes.reset();
            }
            s.text.append("session ").append(i);
            s.bytes.write(s.text.toString().getBytes(StandardCharsets.UTF_8));
            if (!slack) {
                s.text.trimToSize();
            }
            SESSIONS.add(s);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
