package com.acme.orders;

import java.util.HashMap;
import java.util.Map;

/** The leak: sessions of customers who never log out stay for ever. */
final class SessionRegistry {
    private final Map<String, Session> byToken = new HashMap<>();

    synchronized Session login(String token) {
        return byToken.computeIfAbsent(token, Session::new);
    }

    synchronized void logout(String token) {
        byToken.remove(token);
    }

    synchronized int size() {
        return byToken.size();
    }
}
