import java.beans.PropertyChangeEvent;
import java.beans.PropertyChangeListener;
import java.beans.PropertyChangeSupport;
import java.util.List;
import java.util.Observable;
import java.util.Observer;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.NotificationBroadcasterSupport;
import javax.management.NotificationListener;
import javax.swing.event.ChangeListener;
import javax.swing.event.EventListenerList;

/** Screens that register a listener and never unregister it: with a list of Runnables ("list"), a PropertyChangeSupport ("beans"), an EventListenerList ("swing"), an Observable ("observable") or an MBean ("jmx"); or ("control") they unregister it when they close. */
public class ListenerLeak {
    static class Publisher {
        final List<Runnable> listeners = new CopyOnWriteArrayList<>();
        final PropertyChangeSupport changes = new PropertyChangeSupport(this);
        final EventListenerList events = new EventListenerList();
        final Observable observable = new Observable();
        final NotificationBroadcasterSupport notifications = new NotificationBroadcasterSupport();
    }

    static class Screen {
        final byte[] pixels = new byte[1500];
        Runnable listener;

        void open(Publisher p, String how) {
            switch (how) {
                case "beans":
                    p.changes.addPropertyChangeListener(new PropertyChangeListener() {
                        @Override
                        public void propertyChange(PropertyChangeEvent e) { pixels[0]++; }
                    });
                    break;
                case "swing":
                    ChangeListener change = e -> pixels[0]++;
                    p.events.add(ChangeListener.class, change);
                    break;
                case "observable":
                    Observer observer = (o, e) -> pixels[0]++;
                    p.observable.addObserver(observer);
                    break;
                case "jmx":
                    NotificationListener n = (e, handback) -> pixels[0]++;
                    p.notifications.addNotificationListener(n, null, null);
                    break;
                default:
                    listener = () -> pixels[0]++;
                    p.listeners.add(listener);
            }
        }

        void close(Publisher p) { p.listeners.remove(listener); }
    }

    static final Publisher PUBLISHER = new Publisher();

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 3000; i++) {
            Screen s = new Screen();
            s.open(PUBLISHER, args[0]);
            if (args[0].equals("control") && i >= 10) s.close(PUBLISHER);
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
