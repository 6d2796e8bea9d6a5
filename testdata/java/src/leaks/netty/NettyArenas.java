import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/** 100 buffers of 10,000 bytes of one arena of Netty's pooled allocator, in chunks of 1 MB; 40 are released. */
public class NettyArenas {
    static final List<ByteBuf> BUFFERS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        PooledByteBufAllocator allocator = new PooledByteBufAllocator(true, 1, 1, 8192, 7, 0, 0, 0, false);
        for (int i = 0; i < 100; i++) {
            BUFFERS.add(allocator.directBuffer(10_000));
        }
        for (int i = 0; i < 40; i++) {
            BUFFERS.remove(BUFFERS.size() - 1).release();
        }
        System.out.println("used " + allocator.metric().usedDirectMemory());
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
