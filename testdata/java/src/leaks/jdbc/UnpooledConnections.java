import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;

/** 60 connections that no pool has: "leak" opens one per tenant and never closes it, "control" closes all but two. Arguments: source, mode. */
public class UnpooledConnections {
    static final Map<String, Connection> TENANTS = new HashMap<>();

    public static void main(String[] args) throws Exception {
        Source source = Source.of(args[0]);
        for (int i = 0; i < 60; i++) {
            Connection c = source.get();
            TENANTS.put("tenant-" + i, c);
            if (args[1].equals("control") && i >= 2) {
                c.close();
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
