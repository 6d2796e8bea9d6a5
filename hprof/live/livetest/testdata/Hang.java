/** Counts in a loop that has no safepoint once it is compiled, under -XX:-UseCountedLoopSafepoints. */
public class Hang {
    static int sum;

    public static void main(String[] args) {
        System.out.println("READY");
        while (true) {
            int x = sum;
            for (int i = 0; i < Integer.MAX_VALUE; i++) {
                x = ((x * 31 + i) * 17 + 1) * 13 + i; // takes its time: each needs the one before
            }
            sum = x;
        }
    }
}
