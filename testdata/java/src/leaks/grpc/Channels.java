import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.ArrayList;
import java.util.List;

/** gRPC: "leak" makes a channel for each of 60 calls to one target and never shuts one down, "control" shuts each down. */
public class Channels {
    static final List<ManagedChannel> CHANNELS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        for (int i = 0; i < 60; i++) {
            ManagedChannel c = ManagedChannelBuilder.forTarget("localhost:50051").usePlaintext().build();
            CHANNELS.add(c);
            if (!leak) {
                c.shutdownNow();
            }
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
