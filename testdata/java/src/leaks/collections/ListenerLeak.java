import java.beans.PropertyChangeEvent;
import java.beans.PropertyChangeListener;
import java.beans.PropertyChangeSupport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Screens that register a listener and never unregister it: with a list of Runnables ("list"), or with a PropertyChangeSupport ("beans"); or ("control") they unregister it when they close. */
public class ListenerLeak {
    static class Publisher {
        final List<Runnable> listeners = new CopyOnWriteArrayList<>();
        final PropertyChangeSupport changes = new PropertyChangeSupport(this);
    }

    static class Screen {
        final byte[] pixels = new byte[4000];
        Runnable listener;
        PropertyChangeListener change;

        void open(Publisher p, boolean beans) {
            if (beans) {
                change = new PropertyChangeListener() {
                    @Override
                    public void propertyChange(PropertyChangeEvent e) { pixels[0]++; }
                };
                p.changes.addPropertyChangeListener(change);
            } else {
                listener = () -> pixels[0]++;
                p.listeners.add(listener);
            }
        }

        void close(Publisher p) {
            p.listeners.remove(listener);
            p.changes.removePropertyChangeListener(change);
        }
    }

    static final Publisher PUBLISHER = new Publisher();

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 3000; i++) {
            Screen s = new Screen();
            s.open(PUBLISHER, args[0].equals("beans"));
            if (args[0].equals("control") && i >= 10) s.close(PUBLISHER);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
