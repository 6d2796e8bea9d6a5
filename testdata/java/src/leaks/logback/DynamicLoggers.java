import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** Loggers of logback by name: "leak" makes one per session, 60,000 of them, "control" one per class. */
public class DynamicLoggers {
    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        int n = leak ? 60_000 : 500;
        for (int i = 0; i < n; i++) {
            LoggerFactory.getLogger(leak ? "com.acme.session.S" + i : "com.acme.Service" + i);
        }
        System.out.println("READY " + context.getLoggerList().size());
        Thread.sleep(Long.MAX_VALUE);
    }
}
