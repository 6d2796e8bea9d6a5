import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** 800 dynamic proxies of one interface: "leak" makes each in a class loader of its own, "control" all in one. */
public class ProxiesInLoaders {
    static final List<Object> CLIENTS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        ClassLoader shared = ProxiesInLoaders.class.getClassLoader();
        for (int i = 0; i < 800; i++) {
            ClassLoader loader = leak ? new ClassLoader(shared) { } : shared;
            CLIENTS.add(Proxy.newProxyInstance(loader, new Class<?>[] {Runnable.class}, (proxy, method, a) -> null));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
