import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Direct buffers of 64 KB in a list: "leak" keeps 980 of the 1,024 that the limit of 64 MB allows, "control" 100. */
public class DirectMemory {
    static final class Uploads {
        final List<ByteBuffer> chunks = new ArrayList<>();
    }

    static final Uploads UPLOADS = new Uploads();

    public static void main(String[] args) throws Exception {
        int n = args[0].equals("leak") ? 980 : 100;
        for (int i = 0; i < n; i++) {
            UPLOADS.chunks.add(ByteBuffer.allocateDirect(65536));
        }
        UPLOADS.chunks.get(0).slice(10, 100);
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
