import java.util.Timer;
import java.util.TimerTask;

/** "leak": a task throws, which ends the timer's thread though the program still has the timer; "control": a timer that was cancelled and one at work. */
public class DeadTimer {
    static final Timer CLEANUP = new Timer("cleanup", true);
    static final Timer OTHER = new Timer("other", true);

    public static void main(String[] args) throws Exception {
        OTHER.schedule(new TimerTask() {
            @Override
            public void run() { }
        }, 3_600_000);
        if (args[0].equals("leak")) {
            CLEANUP.schedule(new TimerTask() {
                @Override
                public void run() {
                    throw new IllegalStateException("the partner sent nonsense");
                }
            }, 1);
        } else {
            CLEANUP.cancel();
        }
        Thread.sleep(500);
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
