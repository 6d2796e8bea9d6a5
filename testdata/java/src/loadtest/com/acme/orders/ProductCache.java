package com.acme.orders;

import java.util.LinkedHashMap;
import java.util.Map;

/** No leak: a cache that fills up and then throws out what was not used for longest. */
final class ProductCache {
    static final int LIMIT = 1_000;

    private final Map<Integer, Product> byId = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Product> eldest) {
            return size() > LIMIT;
        }
    };

    synchronized Product get(int id) {
        return byId.computeIfAbsent(id, Product::new);
    }

    synchronized int size() {
        return byId.size();
    }

    static final class Product {
        final String name;
        final byte[] picture = new byte[150];

        Product(int id) {
            name = "product " + id;
        }
    }
}
