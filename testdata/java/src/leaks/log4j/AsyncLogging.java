import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.appender.AsyncAppender;
import org.apache.logging.log4j.core.config.AppenderRef;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.Property;

/**
 * Log4j 2 in front of a slow appender. "queue": an AsyncAppender whose queue of 3,000 events is full; "ring": asynchronous loggers whose
 * ring buffer of 4,096 events is full; "queue-control" and "ring-control" drain.
 */
public class AsyncLogging {
    static volatile boolean hangs;
    static volatile int written;

    static final class Slow extends AbstractAppender {
        Slow() {
            super("SLOW", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            while (hangs) {
                try {
                    Thread.sleep(Long.MAX_VALUE);
                } catch (InterruptedException e) {
                    return;
                }
            }
            written++;
        }
    }

    public static void main(String[] args) throws Exception {
        boolean ring = args[0].startsWith("ring");
        hangs = !args[0].endsWith("control");
        if (ring) {
            System.setProperty("log4j2.contextSelector", "org.apache.logging.log4j.core.async.AsyncLoggerContextSelector");
            System.setProperty("log4j2.asyncLoggerRingBufferSize", "4096");
        }
        LoggerContext context = LoggerContext.getContext(false);
        Configuration config = context.getConfiguration();
        config.getRootLogger().getAppenders().keySet().forEach(config.getRootLogger()::removeAppender);
        config.getRootLogger().setLevel(Level.INFO);
        Slow slow = new Slow();
        slow.start();
        config.addAppender(slow);
        AsyncAppender async = null;
        if (ring) {
            config.getRootLogger().addAppender(slow, Level.INFO, null);
        } else {
            async = AsyncAppender.newBuilder().setName("ASYNC").setBufferSize(3000).setConfiguration(config)
                .setAppenderRefs(new AppenderRef[] {AppenderRef.createAppenderRef("SLOW", null, null)}).build();
            async.start();
            config.addAppender(async);
            config.getRootLogger().addAppender(async, Level.INFO, null);
        }
        context.updateLoggers();
        Logger orders = context.getLogger("com.acme.Orders");
        Thread web = new Thread(() -> {
            for (int i = 0; i < 6000; i++) {
                orders.info("order {} body {}", i, "x".repeat(600) + i);
            }
        }, "web-1");
        web.start();
        if (hangs) {
            for (int quiet = 0; quiet < 20; quiet++) {
                Thread.sleep(50);
                if (web.getState() == Thread.State.RUNNABLE) {
                    quiet = 0;
                }
            }
        } else {
            web.join();
            while (written < 6000) {
                Thread.sleep(10);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
