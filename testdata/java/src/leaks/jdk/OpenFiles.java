import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;

/**
 * 600 FileInputStreams, 200 FileOutputStreams and 100 RandomAccessFiles on one file, in a list: "leak" never closes them, "control"
 * does.
 */
public class OpenFiles {
    static final List<AutoCloseable> STREAMS = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        boolean leak = args[0].equals("leak");
        File file = File.createTempFile("open-files", ".txt");
        file.deleteOnExit();
        for (int i = 0; i < 600; i++) {
            STREAMS.add(new FileInputStream(file));
        }
        for (int i = 0; i < 200; i++) {
            STREAMS.add(new FileOutputStream(file, true));
        }
        for (int i = 0; i < 100; i++) {
            STREAMS.add(new RandomAccessFile(file, "rw"));
        }
        if (!leak) {
            for (AutoCloseable s : STREAMS) {
                s.close();
            }
        }
        file.delete();
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
