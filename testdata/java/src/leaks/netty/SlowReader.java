import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A client writes to a server over three channels. "leak": the server does not read and the client does not ask isWritable(). "control": both do. */
public class SlowReader {
    static final List<Channel> CHANNELS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        NioEventLoopGroup group = new NioEventLoopGroup(2);
        Channel server = new ServerBootstrap().group(group).channel(NioServerSocketChannel.class).childOption(ChannelOption.AUTO_READ, !leak)
            .childHandler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel c) {
                    c.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext ctx, Object msg) {
                            io.netty.util.ReferenceCountUtil.release(msg);
                        }
                    });
                }
            }).bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
        for (int i = 0; i < 3; i++) {
            Channel c = new Bootstrap().group(group).channel(NioSocketChannel.class).handler(new ChannelInboundHandlerAdapter()).connect(server.localAddress()).sync().channel();
            CHANNELS.add(c);
            AtomicInteger written = new AtomicInteger();
            for (int k = 0; k < 2000; k++) {
                byte[] message = new byte[8 << 10];
                while (!leak && !c.isWritable()) {
                    Thread.sleep(1);
                }
                c.writeAndFlush(Unpooled.wrappedBuffer(message)).addListener(f -> written.incrementAndGet());
            }
            if (leak) {
                c.eventLoop().submit(() -> { }).sync();
            } else {
                while (written.get() < 2000) {
                    Thread.sleep(1);
                }
            }
        }
        Thread.sleep(200);
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
