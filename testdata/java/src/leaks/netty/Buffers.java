import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Buffers of a pooled allocator, in the heap: 120 of 64 KB and 500 of 1 KB. "lost" forgets them without release(), "kept" keeps them in a
 * list, "control" releases them; some then stay in the cache of the thread.
 */
public class Buffers {
    static final PooledByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(false, 1, 0, 8192, 4);
    static final List<ByteBuf> PENDING = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 620; i++) {
            ByteBuf b = ALLOCATOR.heapBuffer(i < 120 ? 64 << 10 : 1 << 10);
            b.writeInt(i);
            switch (args[0]) {
                case "kept" -> PENDING.add(b);
                case "control" -> b.release();
                default -> { } // forgotten
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
