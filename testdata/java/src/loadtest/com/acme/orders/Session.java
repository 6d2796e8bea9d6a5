package com.acme.orders;

import java.util.ArrayList;
import java.util.List;

/** What a logged-in customer has. */
final class Session {
    final String token;
    final List<Item> cart = new ArrayList<>();
    final byte[] profile = new byte[200];

    Session(String token) {
        this.token = token;
    }

    static final class Item {
        final int product;
        final long price;

        Item(int product, long price) {
            this.product = product;
            this.price = price;
        }
    }
}
