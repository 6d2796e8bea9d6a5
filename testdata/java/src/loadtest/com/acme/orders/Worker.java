package com.acme.orders;

import java.util.concurrent.BlockingQueue;

/** A request thread: it owns a price list, and a buffer that is as large as its last request wanted. */
final class Worker extends Thread {
    private final BlockingQueue<Runnable> work;
    private final PriceList prices;
    private byte[] buffer = new byte[0];

    Worker(int n, String country, BlockingQueue<Runnable> work) {
        super("request-" + n);
        setDaemon(true);
        prices = new PriceList(country);
        this.work = work;
    }

    void buffer(int bytes) {
        buffer = new byte[bytes];
    }

    @Override
    public void run() {
        try {
            while (true) work.take().run();
        } catch (InterruptedException e) {
            // the service stops
        }
    }
}
