import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/** Statements that run at the same time, each with a query timeout of 3,000 s, so that the driver's timer has a task for each. Arguments: URL, number. */
public class RunningStatements {
    public static void main(String[] args) throws Exception {
        Source source = Source.of(args[0]);
        int number = Integer.parseInt(args[1]);
        for (int i = 0; i < number; i++) {
            Thread t = new Thread(() -> run(source), "report-" + i);
            t.setDaemon(true);
            t.start();
        }
        try (Connection c = source.get()) {
            for (int running = 0; running < number; Thread.sleep(50)) {
                try (ResultSet r = c.createStatement().executeQuery("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")) {
                    r.next();
                    running = r.getInt(1);
                }
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    static void run(Source source) {
        try (Connection c = source.get(); PreparedStatement s = c.prepareStatement("select pg_sleep(600)")) {
            s.setQueryTimeout(3000);
            s.executeQuery();
        } catch (Exception e) {
            e.printStackTrace();
        }
    }
}
