import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** A registry of callbacks that are inner classes: each keeps the report that made it, though it needs only the name. Or ("control") they are static classes. */
public class CallbackLeak {
    static class Report {
        final String name;
        final long[] figures = new long[2000];

        Report(int i) { name = "report " + i; }

        class Title implements Callable<String> {
            @Override
            public String call() { return name; }
        }

        static class Named implements Callable<String> {
            final String name;

            Named(String name) { this.name = name; }

            @Override
            public String call() { return name; }
        }
    }

    static final Map<String, Callable<String>> TITLES = new HashMap<>();

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 500; i++) {
            Report r = new Report(i);
            TITLES.put("title " + i, args[0].equals("leak") ? r.new Title() : new Report.Named(r.name));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
