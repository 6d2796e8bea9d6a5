package com.acme.orders;

import java.util.HashMap;
import java.util.Map;

/** Reference data: loaded once, the same in every dump. */
final class PriceList {
    final String country;
    private final Map<String, int[]> prices = new HashMap<>();

    PriceList(String country) {
        this.country = country;
        for (int i = 0; i < 700; i++) prices.put(country + "-" + i, new int[] {i, i * 100});
    }
}
