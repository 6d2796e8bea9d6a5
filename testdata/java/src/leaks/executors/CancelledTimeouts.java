import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** 20,000 requests each schedule a timeout of an hour and cancel it when they are done: "leak" as it is, "control" with removeOnCancel. */
public class CancelledTimeouts {
    static final ScheduledThreadPoolExecutor TIMEOUTS = (ScheduledThreadPoolExecutor) Executors.newScheduledThreadPool(1);

    public static void main(String[] args) throws Exception {
        TIMEOUTS.setRemoveOnCancelPolicy(args[0].equals("control"));
        TIMEOUTS.schedule(() -> { }, 1, TimeUnit.HOURS); // a live one at the head
        for (int i = 0; i < 20_000; i++) {
            StringBuilder request = new StringBuilder();
            ScheduledFuture<?> timeout = TIMEOUTS.schedule(() -> request.append("timed out"), 1, TimeUnit.HOURS);
            timeout.cancel(false);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
