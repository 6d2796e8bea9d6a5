/**
 * 60,000 readings: "boxed" has an Integer of 50 values, an empty array and an array of zeros each, and a field that is never set; "plain" has
 * the number as an int and what is empty as null.
 */
public class ObjectOverhead {
    static final class Boxed {
        Integer level;
        int[] alarms = new int[0];
        byte[] reserve = new byte[24];
        Object comment;

        Boxed(Integer level) {
            this.level = level;
        }
    }

    static final class Plain {
        final int level;

        Plain(int level) {
            this.level = level;
        }
    }

    static final Object[] READINGS = new Object[60_000];

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < READINGS.length; i++) {
            int level = 1000 + i % 50;
            READINGS[i] = args[0].equals("boxed") ? new Boxed(level) : new Plain(level);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
