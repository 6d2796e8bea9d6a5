import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * A report that reads 100,000 rows: "leak" lets the driver read all of them at once, "control" has it fetch 100 at a time.
 * Arguments: URL, mode, SQL.
 */
public class HugeResult {
    public static void main(String[] args) throws Exception {
        try (Connection c = Source.of(args[0]).get(); Statement s = c.createStatement()) {
            if (args[1].equals("control")) {
                c.setAutoCommit(false);
                s.setFetchSize(100);
            }
            monthlyReport(s, args[2]);
        }
    }

    static void monthlyReport(Statement s, String sql) throws Exception {
        try (ResultSet r = s.executeQuery(sql)) {
            r.next();
            System.out.println("READY");
            Thread.sleep(Long.MAX_VALUE);
            System.out.println(r.getString(1));
        }
    }
}
