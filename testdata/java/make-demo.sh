#!/bin/bash
# make-demo.sh FILE: make the committed demo dump, the Timer leak with 2,000 statements. Taken with a JDK 17.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
out=$(readlink -f "${1:?usage: make-demo.sh FILE.hprof.gz}")
jdk=$(default_jdk) || { echo "no JDK 17 or newer found"; exit 1; }
use_jdk "$jdk"
OUT=$WORK
compile pg-timer
# Less of the JDK keeps the file small; own properties keep this machine's folders and user out of it.
cd "$CP"
dump "$WORK/demo.hprof" "" -Xmx256m -Xshare:off --limit-modules java.base \
  -Duser.name=shop -Duser.home=/home/shop -cp . com.example.shop.Main timer 2000
gzip -n9 < "$WORK/demo.hprof" > "$out"
echo "JDK $(sed -n 's/^JAVA_VERSION=//p' "$jdk/release"): $out, $(stat -c %s "$out") bytes"
