package com.acme.orders;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.IntConsumer;

/** The service: one instance, held by a static field, that holds everything. */
final class OrderService {
    private static final String[] COUNTRIES = {"at", "be", "ch", "cz", "de", "dk", "fr", "it", "nl", "pl"};
    static final OrderService INSTANCE = new OrderService();

    final SessionRegistry sessions = new SessionRegistry();
    final ProductCache products = new ProductCache();
    final MailQueue mails = new MailQueue();
    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final Worker[] workers = new Worker[COUNTRIES.length];

    void start() {
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1, COUNTRIES[i], work);
            workers[i].start();
        }
    }

    /** Hands the numbers from..to to the workers and waits until all are done. */
    void serve(int from, int to, IntConsumer request) throws InterruptedException {
        CountDownLatch left = new CountDownLatch(to - from);
        for (int i = from; i < to; i++) {
            int n = i;
            work.put(() -> {
                request.accept(n);
                left.countDown();
            });
        }
        left.await();
    }

    void buffers(int bytes) {
        for (int i = 0; i < workers.length; i++) workers[i].buffer(bytes + i * 16);
    }
}
