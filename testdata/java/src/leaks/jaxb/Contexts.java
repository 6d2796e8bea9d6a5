import java.util.ArrayList;
import java.util.List;
import javax.xml.bind.JAXBContext;
import javax.xml.bind.annotation.XmlRootElement;

/** JAXB: "leak" makes a JAXBContext for each of 60 requests and keeps them, "control" keeps one. */
public class Contexts {
    @XmlRootElement
    public static class Order {
        public int id;
        public String customer;
        public List<Item> items = new ArrayList<>();
    }

    public static class Item {
        public String name;
        public double price;
    }

    static final List<JAXBContext> CONTEXTS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < (leak ? 60 : 1); i++) {
            JAXBContext c = JAXBContext.newInstance(Order.class);
            c.createMarshaller();
            CONTEXTS.add(c);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
