import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * 5,000 answers that a CompletableFuture each waits for, in a map by the number of the question, with a stage that keeps 2 KB behind
 * each: "leak" never completes them, "control" does, and takes them out of the map but for 100.
 */
public class WaitingFutures {
    static final Map<Integer, CompletableFuture<String>> PENDING = new ConcurrentHashMap<>();

    static final class Request {
        final byte[] body = new byte[2_000];
    }

    static CompletableFuture<Integer> ask(int number) {
        Request request = new Request();
        CompletableFuture<String> answer = new CompletableFuture<>();
        PENDING.put(number, answer);
        return answer.thenApply(text -> text.length() + request.body.length);
    }

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < 5_000; i++) {
            ask(i);
        }
        if (!leak) {
            for (int i = 0; i < 4_900; i++) {
                PENDING.remove(i).complete("answer");
            }
            PENDING.values().forEach(f -> f.complete("answer"));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
