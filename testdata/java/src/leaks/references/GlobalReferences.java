/** JNI global references that native code never deletes: "leak" makes 20,000 to buffers, "control" 20. */
public class GlobalReferences {
    static final class Frame {
        final byte[] pixels = new byte[400];
    }

    static native void global(Object o);

    public static void main(String[] args) throws Exception {
        System.load(args[1]);
        int n = args[0].equals("leak") ? 20_000 : 20;
        for (int i = 0; i < n; i++) {
            global(new Frame());
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
