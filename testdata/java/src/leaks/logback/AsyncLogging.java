import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import org.slf4j.LoggerFactory;

/** A logback AsyncAppender in front of a slow appender: "leak" fills its queue of 4,000 events of 0.6 KB, "control" lets it drain. */
public class AsyncLogging {
    /** An appender that hangs, as on a full disk or a dead log server. */
    static final class Slow extends AppenderBase<ILoggingEvent> {
        final boolean hangs;

        Slow(boolean hangs) {
            this.hangs = hangs;
        }

        @Override
        protected void append(ILoggingEvent event) {
            if (hangs) {
                try {
                    Thread.sleep(Long.MAX_VALUE);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(Level.INFO);
        Slow slow = new Slow(leak);
        slow.setContext(context);
        slow.start();
        AsyncAppender async = new AsyncAppender();
        async.setContext(context);
        async.setName("ASYNC");
        async.setQueueSize(4000);
        async.setDiscardingThreshold(0);
        async.addAppender(slow);
        async.start();
        root.addAppender(async);
        Logger orders = context.getLogger("com.acme.Orders");
        Thread web = new Thread(() -> {
            for (int i = 0; i < 4100; i++) { // more than the queue takes: "leak" blocks here
                orders.info("order {} body {}", i, "x".repeat(600) + i);
                if (!leak && i % 100 == 0) {
                    while (async.getNumberOfElementsInQueue() > 0) {
                        Thread.onSpinWait();
                    }
                }
            }
        }, "web-1");
        web.start();
        if (leak) {
            while (async.getRemainingCapacity() > 0 || web.getState() != Thread.State.WAITING) {
                Thread.sleep(10);
            }
        } else {
            web.join();
            while (async.getNumberOfElementsInQueue() > 0) {
                Thread.sleep(10);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
