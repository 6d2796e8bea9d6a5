import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Prepared statements, each with a literal in its SQL and a query timeout: "leak" keeps them open in a list, "connection" leaves them open
 * to what their connection or its pool keeps of them, "control" closes each. Arguments: source, mode, number.
 */
public class OpenStatements {
    static final class OrderDao {
        final List<PreparedStatement> open = new ArrayList<>();
        Connection connection;
    }

    static final OrderDao DAO = new OrderDao();

    public static void main(String[] args) throws Exception {
        String mode = args[1];
        int number = Integer.parseInt(args[2]);
        DAO.connection = Source.of(args[0]).get();
        DAO.connection.createStatement().execute("drop table if exists orders");
        DAO.connection.createStatement().execute("create table orders (id int primary key, customer varchar(100))");
        DAO.connection.createStatement().execute("insert into orders values (1, 'Ada')");
        for (int i = 0; i < number; i++) {
            PreparedStatement s = DAO.connection.prepareStatement("select customer from orders where id = " + i);
            s.setQueryTimeout(3000);
            ResultSet r = s.executeQuery();
            r.next();
            switch (mode) {
                case "leak" -> DAO.open.add(s);
                case "control" -> s.close();
                default -> { }
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
