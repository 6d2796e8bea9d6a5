# What objects hold for nothing. Strings of few values, each a copy, by Customer.city and Customer.status; interned; and Strings of their own over
# shared arrays, which is no waste.
leak duplicate-strings         waste/DuplicateStrings copies
leak duplicate-strings-control waste/DuplicateStrings interned
leak duplicate-strings-shared  waste/DuplicateStrings shared
# byte[] of 12 contents in User.icon: a copy for each of 8,000 users, and one for each content.
leak duplicate-arrays         waste/DuplicateArrays copies
leak duplicate-arrays-control waste/DuplicateArrays shared
# StringBuilder and ByteArrayOutputStream of 100 sessions that were large once and were reset; and those that fit.
leak buffer-slack         waste/BufferSlack slack
leak buffer-slack-control waste/BufferSlack trimmed
# Boxes of 50 values, empty and zero arrays and a field without use in 60,000 objects; and the same numbers as int.
leak object-overhead         waste/ObjectOverhead boxed
leak object-overhead-control waste/ObjectOverhead plain
