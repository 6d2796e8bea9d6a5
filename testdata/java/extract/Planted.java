import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Holds secrets of all kinds in all places, and dumps its own heap. The test looks for each text between the marks « and ». */
public class Planted {
    static final String CONSTANT = "«hunter2-Tr0ub4dor&3»";
    static String token = new String("«ghp_16C7e42F292c6912E7710c838347Ae178B4a»");
    static char[] password = "«correct horse battery»".toCharArray();
    static byte[] pem = "«-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----»".getBytes(StandardCharsets.ISO_8859_1);
    static StringBuilder builder = new StringBuilder("«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0»").append(1);
    static String wide = "«пароль-秘密-8842»";
    static String card = "«4111 1111 1111 1111»";
    static String digits = "«5500005555555559»";
    static long staticLong = 4012888888881881L;
    static final Map<String, Object> map = new HashMap<>();

    final long number = 6011000990139424L;
    final double amount = 8675309.125;
    final char a = 'Q', b = '7', c = 'z', d = '!', e = 'K', f = '4', g = 'm', h = '$';
    final String url = "«https://alice:op3nSesame@shop.example/pay?token=b64d1c0ffee42»";
    final String jdbc = "«jdbc:postgresql://db/app?user=app&password=jdbcPassw0rd»";
    final Long boxed = 378282246310005L;
    final String sql = "«select * from users where pin = '90210-4711' and id = 778899001122»";

    public static void main(String[] args) throws Exception {
        System.setProperty("app.password", "«propertyS3cret-99»");
        map.put("«keyOfAMap-771»", new Planted());
        map.put("k", new StringBuffer("«buffered-secret-5151»"));
        map.put("arrays", new Object[] {new long[] {3566002020360505L}, new int[] {1234567890, 987654321}, "«bytes-of-utf16-ж»".getBytes(StandardCharsets.UTF_16LE)});
        synchronized (Planted.class) {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(args[0], true);
        }
        System.out.println(map.size() + CONSTANT.length() + token.length());
    }
}
