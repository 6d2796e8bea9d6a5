import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;

/**
 * 4 connections with a cache of prepared statements, 400 look-ups on each: "leak" writes the key into the SQL, so that each look-up is
 * another text to the cache, "control" binds it. Arguments: source, mode.
 */
public class StatementCache {
    static Source source;

    public static void main(String[] args) throws Exception {
        source = Source.of(args[0]);
        List<Connection> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(source.get());
        }
        all.get(0).createStatement().execute("drop table if exists orders");
        all.get(0).createStatement().execute("create table orders (id int primary key, customer varchar(100))");
        for (Connection c : all) {
            for (int i = 0; i < 400; i++) {
                lookUp(c, i, args[1].equals("leak"));
            }
        }
        for (Connection c : all) {
            c.close();
        }
        all.clear();
        System.gc();
        System.runFinalization(); // the pool's wrappers of statements have a finalize(): what waits for it is no part of this story
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    static void lookUp(Connection c, int id, boolean literal) throws Exception {
        try (PreparedStatement s = c.prepareStatement("select customer from orders where id = " + (literal ? id : "?"))) {
            if (!literal) {
                s.setInt(1, id);
            }
            s.executeQuery().close();
        }
    }
}
