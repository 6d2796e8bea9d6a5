package com.acme.orders;

import java.util.ArrayDeque;

/** No leak: mails that wait while the mail server is slow, and are gone when it has caught up. */
final class MailQueue {
    private final ArrayDeque<Mail> waiting = new ArrayDeque<>();

    synchronized void send(int order) {
        waiting.add(new Mail(order));
    }

    synchronized void drainTo(int left) {
        while (waiting.size() > left) waiting.remove();
    }

    synchronized int size() {
        return waiting.size();
    }

    static final class Mail {
        final String subject;
        final byte[] body = new byte[120];

        Mail(int order) {
            subject = "order " + order;
        }
    }
}
