#!/bin/bash
# damage.sh DUMP GZ_DUMP OUT JAVA TOOLS: damaged copies of one good dump. Same input, same output.
# JAVA is the program, TOOLS the folder of the compiled src/tools.
set -euo pipefail
in=$1 gz=$2 out=$3 java=$4 tools=$5
mkdir -p "$out"
size=$(stat -c %s "$in")
for p in 30 60 95; do head -c $((size * p / 100)) "$in" > "$out/truncated-$p.hprof"; done
head -c $((size - 5)) "$in" > "$out/truncated-last-5-bytes.hprof"
cp "$in" "$out/zeroed-4k.hprof"           # one page of zeros in the middle of the heap part
dd if=/dev/zero of="$out/zeroed-4k.hprof" bs=4096 seek=$((size / 2 / 4096)) count=1 conv=notrunc status=none
cp "$in" "$out/random-64b.hprof"          # 64 fixed, random-looking bytes at 70 %
for i in 1 2; do printf 'corpus%s' $i | sha256sum | cut -c1-64 | tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf '%b'; done |
  dd of="$out/random-64b.hprof" bs=1 seek=$((size * 7 / 10)) conv=notrunc status=none
# The first top-level record starts at byte 31; bytes 36..39 are its length.
cp "$in" "$out/flipped-record-length.hprof"
printf '\x7f\xff\xff\xff' | dd of="$out/flipped-record-length.hprof" bs=1 seek=36 conv=notrunc status=none
cp "$in" "$out/flipped-id-size.hprof"     # bytes 19..22: id size 8 becomes 9
printf '\x00\x00\x00\x09' | dd of="$out/flipped-id-size.hprof" bs=1 seek=19 conv=notrunc status=none
cp "$in" "$out/flipped-array-length.hprof"
"$java" -cp "$tools" DamageArrayLength "$out/flipped-array-length.hprof" > /dev/null
head -c 31 "$in" > "$out/header-only.hprof"
head -c 12 "$in" > "$out/half-header.hprof"
: > "$out/empty.hprof"
printf 'This is not a heap dump.\n%.0s' $(seq 200) > "$out/plain-text.hprof"
head -c 1000000 /dev/zero > "$out/all-zero.hprof"
# hex noise of a fixed generator, which does not compress to nothing
awk 'BEGIN { x = 1; for (i = 0; i < 300000; i++) { x = x * 16807 % 2147483647; printf "%x", int(x / 65536) % 16 } }' |
  gzip -n1 > "$out/gzip-of-noise.hprof.gz"
gsize=$(stat -c %s "$gz")
head -c $((gsize * 60 / 100)) "$gz" > "$out/gz-truncated-60.hprof.gz"
cp "$gz" "$out/gz-flipped.hprof.gz"       # one damaged spot in the deflate stream
printf '\xff\xff\xff\xff' | dd of="$out/gz-flipped.hprof.gz" bs=1 seek=$((gsize / 2)) conv=notrunc status=none
( cat "$in"; printf 'trailing rubbish' ) > "$out/trailing-rubbish.hprof"
