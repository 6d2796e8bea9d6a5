import java.util.ArrayList;
import java.util.List;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.broker.BrokerService;

/**
 * ActiveMQ over a broker in the JVM. "prefetch": a consumer is sent 3,000 messages ahead and does not receive; "sessions": 150 sessions of
 * a connection are never closed; "control": the messages are received and the sessions closed.
 */
public class Consumers {
    static final List<Object> KEPT = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        BrokerService broker = new BrokerService();
        broker.setBrokerName("test");
        broker.setPersistent(false);
        broker.setUseJmx(false);
        broker.setAdvisorySupport(false);
        broker.setSchedulerSupport(false);
        broker.start();
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("vm://test?create=false&jms.prefetchPolicy.queuePrefetch=5000&jms.watchTopicAdvisories=false");
        Connection connection = factory.createConnection();
        connection.start();
        KEPT.add(connection);
        if (args[0].equals("sessions") || args[0].equals("control")) {
            for (int i = 0; i < 150; i++) {
                Session s = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                if (args[0].equals("control")) {
                    s.close();
                }
            }
        }
        if (!args[0].equals("sessions")) {
            messages(connection, args[0].equals("prefetch"));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }

    static void messages(Connection connection, boolean leak) throws Exception {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue("orders"));
        KEPT.add(consumer);
        MessageProducer producer = session.createProducer(session.createQueue("orders"));
        for (int i = 0; i < 3000; i++) {
            BytesMessage m = session.createBytesMessage();
            m.writeBytes(new byte[1000]);
            producer.send(m);
            if (!leak) {
                consumer.receive();
            }
        }
        Thread.sleep(500);
    }
}
