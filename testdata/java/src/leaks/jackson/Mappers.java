import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/** Jackson: "leak" has each of 200 clients keep an ObjectMapper of its own, "control" has them share one. */
public class Mappers {
    public static class Address {
        public String street = "Main Street";
        public int number = 1;
    }

    public static class Order {
        public int id;
        public Address address = new Address();
        public List<String> items = List.of("a", "b");
    }

    static final class Client {
        final ObjectMapper mapper;

        Client(ObjectMapper mapper) {
            this.mapper = mapper;
        }
    }

    static final List<Client> CLIENTS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        ObjectMapper shared = leak ? null : new ObjectMapper();
        for (int i = 0; i < 200; i++) {
            Client c = new Client(leak ? new ObjectMapper() : shared);
            CLIENTS.add(c);
            Order o = c.mapper.readValue(c.mapper.writeValueAsString(new Order()), Order.class);
            o.id = i;
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
