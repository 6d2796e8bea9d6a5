import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** 8,000 users with an icon of 700 bytes, of which there are 12: "copies" has one for each user, "shared" one for each icon. */
public class DuplicateArrays {
    static final class User {
        final byte[] icon;

        User(byte[] icon) {
            this.icon = icon;
        }
    }

    static final List<User> USERS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        byte[][] icons = new byte[12][700];
        Random random = new Random(1);
        for (byte[] icon : icons) {
            random.nextBytes(icon);
        }
        for (int i = 0; i < 8_000; i++) {
            byte[] icon = icons[i % icons.length];
            USERS.add(new User(args[0].equals("copies") ? icon.clone() : icon));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
