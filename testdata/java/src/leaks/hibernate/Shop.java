import java.util.ArrayList;
import java.util.List;
import org.hibernate.Query;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/**
 * Hibernate 3.6 over H2 in memory. "plans": the same HQL with IN lists of 1 to 100 parameters, each of which is a plan of its own in the
 * query plan cache; "plans-control": one query with a parameter list. "session": a session loads 12,000 orders and is never cleared;
 * "session-control": it is cleared after each 100.
 */
public class Shop {
    public static class Order {
        private int id;
        private String text;

        public int getId() {
            return id;
        }

        public void setId(int id) {
            this.id = id;
        }

        public String getText() {
            return text;
        }

        public void setText(String text) {
            this.text = text;
        }
    }

    static final String MAPPING = "<?xml version=\"1.0\"?><!DOCTYPE hibernate-mapping PUBLIC \"-//Hibernate/Hibernate Mapping DTD 3.0//EN\""
        + " \"http://www.hibernate.org/dtd/hibernate-mapping-3.0.dtd\"><hibernate-mapping><class name=\"Shop$Order\" entity-name=\"Order\""
        + " table=\"orders\"><id name=\"id\"><generator class=\"assigned\"/></id><property name=\"text\"/></class></hibernate-mapping>";

    static SessionFactory factory;
    static final List<Session> SESSIONS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        Configuration c = new Configuration();
        c.setProperty("hibernate.dialect", "org.hibernate.dialect.H2Dialect");
        c.setProperty("hibernate.connection.driver_class", "org.h2.Driver");
        c.setProperty("hibernate.connection.url", "jdbc:h2:mem:shop");
        c.setProperty("hibernate.hbm2ddl.auto", "create");
        c.setProperty("hibernate.bytecode.use_reflection_optimizer", "false");
        c.setProperty("hibernate.query.plan_cache_max_strong_references", "1024");
        c.addXML(MAPPING.replace(" entity-name=\"Order\"", ""));
        factory = c.buildSessionFactory();
        Session session = factory.openSession();
        if (args[0].startsWith("plans")) {
            plans(session, args[0].equals("plans"));
        } else {
            orders(session, args[0].equals("session"));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    static void plans(Session session, boolean leak) {
        for (int n = 1; n <= 100; n++) {
            if (!leak) {
                List<Integer> ids = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    ids.add(i);
                }
                session.createQuery("from Shop$Order o where o.id in (:ids)").setParameterList("ids", ids).list();
                continue;
            }
            StringBuilder hql = new StringBuilder("from Shop$Order o where o.id in (");
            for (int i = 0; i < n; i++) {
                hql.append(i == 0 ? "" : ", ").append(":id").append(i);
            }
            Query q = session.createQuery(hql.append(")").toString());
            for (int i = 0; i < n; i++) {
                q.setParameter("id" + i, i);
            }
            q.list();
        }
        session.close();
    }

    static void orders(Session session, boolean leak) {
        SESSIONS.add(session);
        for (int i = 0; i < 12_000; i++) {
            Order o = new Order();
            o.setId(i);
            o.setText("order number " + i + " of a long import");
            session.save(o);
            if (i % 100 == 99) {
                session.flush();
                if (!leak) {
                    session.clear();
                }
            }
        }
    }
}
