import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** 60 calls each run a task: "leak" in an executor of its own that is not shut down, "control" in one that is. */
public class ForgottenExecutors {
    static int report(int call) {
        return call * 2;
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 60; i++) {
            int call = i;
            ExecutorService executor = Executors.newFixedThreadPool(2);
            executor.submit(() -> report(call)).get();
            if (args[0].equals("control")) {
                executor.shutdown();
            }
        }
        Thread.sleep(500); // the workers are back at their queues
        System.gc();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
