import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;

/** 40 sessions each make a java.util.Timer: "leak" does not cancel them when the sessions end, "control" does. */
public class LeakedTimers {
    static final class Refresh extends TimerTask {
        @Override
        public void run() { }
    }

    static final List<Timer> TIMERS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 40; i++) {
            Timer timer = new Timer("session-" + i, true);
            timer.schedule(new Refresh(), 3_600_000, 3_600_000);
            if (args[0].equals("control")) {
                timer.cancel();
            } else if (i % 2 == 0) {
                TIMERS.add(timer); // of the others only the thread is left
            }
        }
        Thread.sleep(300); // threads of cancelled timers end
        System.gc();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
