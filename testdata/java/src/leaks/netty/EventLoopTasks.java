import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.HashedWheelTimer;
import java.util.concurrent.TimeUnit;

/**
 * Tasks for an event loop whose thread is blocked by a handler, and timeouts of a HashedWheelTimer that wait an hour: "leak" has 20,000 of
 * each, "control" has the tasks run and cancels the timeouts.
 */
public class EventLoopTasks {
    static final class Request implements Runnable {
        final byte[] body = new byte[300];

        @Override
        public void run() {
            body[0]++;
        }
    }

    static final HashedWheelTimer TIMER = new HashedWheelTimer(10, TimeUnit.MILLISECONDS);
    static final NioEventLoopGroup GROUP = new NioEventLoopGroup(1);

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        if (leak) {
            GROUP.execute(() -> {
                try {
                    Thread.sleep(Long.MAX_VALUE); // a handler that blocks
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Thread.sleep(100);
        }
        for (int i = 0; i < 20_000; i++) {
            GROUP.next().execute(new Request());
            Request late = new Request();
            var timeout = TIMER.newTimeout(t -> late.run(), 1, TimeUnit.HOURS);
            if (!leak) {
                timeout.cancel();
            }
        }
        if (!leak) {
            GROUP.submit(() -> { }).sync();
        }
        Thread.sleep(300);
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
