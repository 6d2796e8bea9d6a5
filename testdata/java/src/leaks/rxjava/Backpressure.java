import io.reactivex.rxjava3.core.FlowableSubscriber;
import io.reactivex.rxjava3.processors.UnicastProcessor;
import org.reactivestreams.Subscription;

/** RxJava 3: a UnicastProcessor gets 30,000 events; the subscriber of "leak" asks for 100, that of "control" takes all. */
public class Backpressure {
    record Event(int id, byte[] body) {
    }

    static final class Consumer implements FlowableSubscriber<Event> {
        final long demand;
        int seen;

        Consumer(long demand) {
            this.demand = demand;
        }

        @Override
        public void onSubscribe(Subscription s) {
            s.request(demand);
        }

        @Override
        public void onNext(Event e) {
            seen++;
        }

        @Override
        public void onError(Throwable t) {
            t.printStackTrace();
        }

        @Override
        public void onComplete() {
            seen++;
        }
    }

    static final UnicastProcessor<Event> EVENTS = UnicastProcessor.create();

    public static void main(String[] args) throws Exception {
        EVENTS.subscribe(new Consumer(args[0].equals("leak") ? 100 : Long.MAX_VALUE));
        for (int i = 0; i < 30_000; i++) {
            EVENTS.onNext(new Event(i, new byte[200]));
        }
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
    }
}
