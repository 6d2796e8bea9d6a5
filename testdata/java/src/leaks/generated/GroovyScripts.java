import groovy.lang.GroovyShell;
import groovy.lang.Script;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates a Groovy expression 260 times: "leak" compiles it each time and keeps the scripts, "control" compiles it once. */
public class GroovyScripts {
    static final List<Script> RULES = new ArrayList<>();
    static final Map<String, Script> CACHE = new HashMap<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        GroovyShell shell = new GroovyShell();
        for (int i = 0; i < 260; i++) {
            Script script = leak ? shell.parse("amount * 3 + 1") : CACHE.computeIfAbsent("amount * 3 + 1", shell::parse);
            script.setProperty("amount", i);
            script.run();
            if (leak) {
                RULES.add(script);
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
