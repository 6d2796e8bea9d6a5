import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** 3,000 Deflaters and 1,000 Inflaters in a list: "leak" never ends them, so that each keeps its native memory; "control" does. */
public class OpenDeflaters {
    static final List<Object> CODECS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        byte[] text = "a line of a log, again and again and again".getBytes();
        byte[] out = new byte[200];
        for (int i = 0; i < 3_000; i++) {
            Deflater d = new Deflater(Deflater.BEST_SPEED, i % 2 == 0);
            d.setInput(text);
            d.finish();
            d.deflate(out);
            if (!leak) {
                d.end();
            }
            CODECS.add(d);
        }
        for (int i = 0; i < 1_000; i++) {
            Inflater f = new Inflater();
            if (!leak) {
                f.end();
            }
            CODECS.add(f);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
