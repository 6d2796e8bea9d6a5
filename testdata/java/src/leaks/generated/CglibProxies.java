import java.util.ArrayList;
import java.util.List;
import net.sf.cglib.proxy.Enhancer;
import net.sf.cglib.proxy.MethodInterceptor;

/** 800 CGLIB proxies of one class: "leak" generates a class for each, "control" lets CGLIB cache it. */
public class CglibProxies {
    /** What is proxied. */
    public static class OrderService {
        public int total() { return 1; }
    }

    static final List<Object> PROXIES = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < 800; i++) {
            Enhancer enhancer = new Enhancer();
            enhancer.setSuperclass(OrderService.class);
            enhancer.setUseCache(!leak);
            enhancer.setCallback((MethodInterceptor) (o, method, a, proxy) -> 2);
            PROXIES.add(enhancer.create());
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
