#!/bin/bash
# make.sh [--large] OUT: make the heap dumps that the tests read, below OUT. What exists already is kept.
# Needs a JDK of 17 or newer; says so and does nothing without one. testdata/README.md tells what each dump holds.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
large=
if [ "${1:-}" = --large ]; then large=yes; shift; fi
OUT=${1:?usage: make.sh [--large] OUT}
mkdir -p "$OUT"

if ! jdk=$(default_jdk); then
  echo "testdata: no JDK 17 or newer found (JAVA_HOME, PATH, ${JVM_DIR:-/usr/lib/jvm}): tests on real dumps will be skipped"
  exit 0
fi
if jdk25=$(find_jdk 25 999 "${JAVA25_HOME:-}"); then :; else
  jdk25=
  echo "testdata: no JDK 25 found (JAVA25_HOME, ${JVM_DIR:-/usr/lib/jvm}): its dumps are left out"
fi

# facts DUMP: what an independent reader counts in a pg-timer dump.
facts() {
  tool HprofFields "$1" 'java.util.TaskQueue::size' 'org.postgresql.jdbc2.AbstractJdbc2Statement$1::state' \
    'org.postgresql.jdbc3g.Jdbc3gPreparedStatement::isClosed' 'java.lang.ref.ReferenceQueue::queueLength' \
    'java.lang.ref.Finalizer::referent' > "$1.facts.tsv"
}

pg_timer() { # FOLDER NAME VARIANT STATEMENTS
  local f="$OUT/$1/pg-timer-$2.hprof"
  missing "$f" || return 0
  compile pg-timer
  dump "$f" "" -Xmx1g -cp "$CP" com.example.shop.Main "$3" "$4"
  facts "$f"
}

pg_timer_oom() {
  local f="$OUT/pg-timer/pg-timer-a1-oom.hprof"
  missing "$f" || return 0
  compile pg-timer
  dump_oom "$f" -Xmx96m -cp "$CP" com.example.shop.Main timer 100000000
  facts "$f"
}

variant() { # NAME JCMD_FLAGS JAVA_OPTIONS [SUFFIX]
  local f="$OUT/variants/variant-$1.hprof${4:-}"
  missing "$f" || return 0
  compile variants
  dump "$f" "$2" $3 -cp "$CP" Variants ready
}

retention() { # NAME all|live JCMD_FLAGS
  local f="$OUT/retention/$1.hprof"
  missing "$f" || return 0
  compile retention
  # Serial, and a young generation that holds everything: nothing is collected that was not asked for.
  dump "$f" "$3" -XX:+UseSerialGC -Xms256m -Xmx256m -Xmn128m -cp "$CP" Retention "$2" "$OUT/retention/$1.expected.json"
}

zoo() { # NAME JCMD_FLAGS PERMILLE JAVA_OPTIONS
  local f="$OUT/zoo/$1.hprof" lib=- folder
  missing "$f" || return 0
  compile zoo
  if command -v gcc >/dev/null && [ -f "$JDK/include/jni.h" ]; then
    lib="$WORK/libzoonative.so"
    gcc -shared -fPIC -O1 -I"$JDK/include" -I"$JDK/include/linux" -o "$lib" "$HERE/src/zoo/native/zoonative.c"
  fi
  folder=$(readlink -f "$OUT/zoo")
  dump "$f" "$2" $4 -Dfile.encoding=UTF-8 -cp "$CP" zoo.Zoo "$folder/$1.expected.json" "$3" "$lib"
}

vthreads() { # COUNT
  local f="$OUT/vthreads/vthreads-$1.hprof"
  missing "$f" || return 0
  compile vthreads
  dump "$f" "" -Xmx512m -cp "$CP" VThreads "$1"
}

scale() { # UNITS
  local f="$OUT/scale/scale-$1.hprof"
  missing "$f" || return 0
  compile scale
  # Parallel GC: no region overhead. About 0.8 GiB of heap per unit.
  dump "$f" -all -XX:+UseParallelGC -Xms$(($1 * 1200 + 600))m -Xmx$(($1 * 1200 + 600))m -cp "$CP" Scale "$1"
}

# loadtest NAME leak|control: five dumps of one run, NAME-1.hprof … NAME-5.hprof; the program dumps itself.
loadtest() {
  local dir="$OUT/loadtest" i
  missing "$dir/$1.expected.json" || return 0
  compile loadtest
  rm -rf "$dir/.$1.part"; mkdir "$dir/.$1.part"
  "$JAVA" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto --limit-modules java.base,jdk.management -cp "$CP" \
    com.acme.orders.LoadTest "$(readlink -f "$dir/.$1.part")" "$1" "$2" > "$dir/$1.log" 2>&1
  mv "$dir/.$1.part/$1"-*.hprof "$dir/"
  mv "$dir/.$1.part/$1.expected.json" "$dir/" # last: it says that all are there
  rmdir "$dir/.$1.part"
  for i in 1 2 3 4 5; do printf '  %-52s %12d bytes\n' "loadtest/$1-$i.hprof" "$(stat -c %s "$dir/$1-$i.hprof")"; done
}

damaged() {
  [ ! -e "$OUT/damaged/done" ] || return 0
  rm -rf "$OUT/damaged"
  compile tools
  "$HERE/damage.sh" "$OUT/pg-timer/pg-timer-a4-healthy-100000.hprof" "$OUT/variants/variant-gz1.hprof.gz" "$OUT/damaged" "$JAVA" "$CP"
  # the leak must still be named when the JVM died while it wrote
  head -c 20000000 "$OUT/pg-timer/pg-timer-a1-20000.hprof" > "$OUT/damaged/truncated-a1-20000.hprof"
  tool HprofStat "$OUT"/damaged/*.hprof "$OUT"/damaged/*.gz
  touch "$OUT/damaged/done"
}

# leak_groups JDK FILE...: the dumps of these files of leaks/, as many files at a time as there are processors.
leak_groups() {
  local jdk=$1; shift
  printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$HERE/group.sh" "$OUT" "$jdk"
}

use_jdk "$jdk"
echo "testdata: real heap dumps in $OUT, by JDK $(jdk_version "$jdk")${jdk25:+ and $(jdk_version "$jdk25")}"
pg_timer pg-timer       a1-20000           timer    20000
pg_timer pg-timer-again a1-20000           timer    20000     # the same leak of another JVM: equal signatures
pg_timer pg-timer       a2-unclosed-100000 unclosed 100000
pg_timer pg-timer       a3-slowfin-100000  slowfin  100000
pg_timer pg-timer       a4-healthy-100000  healthy  100000
pg_timer_oom
variant live ""      "-Xmx256m"
variant all  -all    "-Xmx256m -Xmn128m"
variant gz1  "-gz=1" "-Xmx256m" .gz
variant zgc  ""      "-Xmx512m -XX:+UseZGC"
retention retention      all  -all
retention retention-live live ""
zoo zoo-small -all 10 "-Xms512m -Xmx512m -Xmn300m"
loadtest orders         leak
loadtest orders-control control
damaged
leak_groups "$jdk" "$HERE"/leaks/*.sh

if [ -n "$large" ]; then
  pg_timer pg-timer a1-100000 timer 100000
  pg_timer pg-timer a1-200000 timer 200000
  variant gz6            "-gz=6"      "-Xmx256m" .gz
  variant gz9-all        "-all -gz=9" "-Xmx256m -Xmn128m" .gz
  variant nocoops        ""   "-Xmx256m -XX:-UseCompressedOops"
  variant nocoops-noccp  ""   "-Xmx256m -XX:-UseCompressedOops -XX:-UseCompressedClassPointers"
  variant zgc-all        -all "-Xmx512m -XX:+UseZGC"
  variant serial         ""   "-Xmx256m -XX:+UseSerialGC"
  variant parallel       ""   "-Xmx256m -XX:+UseParallelGC"
  variant align16        ""   "-Xmx256m -XX:ObjectAlignmentInBytes=16"
  variant align32        ""   "-Xmx256m -XX:ObjectAlignmentInBytes=32"
  variant heap40g        ""   "-Xmx40g -Xms64m"
  variant epsilon        -all "-Xmx1g -XX:+UnlockExperimentalVMOptions -XX:+UseEpsilonGC"
  variant noclassshare   ""   "-Xmx256m -Xshare:off"
  if "$JAVA" -XX:+UseShenandoahGC -version > /dev/null 2>&1; then
    variant shenandoah   ""   "-Xmx256m -XX:+UseShenandoahGC"
  fi
  if missing "$OUT/variants/variant-oom.hprof"; then
    compile variants
    dump_oom "$OUT/variants/variant-oom.hprof" -Xmx64m -cp "$CP" Variants oom
  fi
  opts="-XX:+UseG1GC -Xms6g -Xmx6g -Xmn4g -Xss1m"
  zoo zoo      -all 1000 "$opts"
  zoo zoo-live ""   1000 "$opts"
  scale 1
  scale 4
fi

[ -n "$jdk25" ] || exit 0
use_jdk "$jdk25"
variant jdk25     "" "-Xmx256m"
variant jdk25-coh "" "-Xmx256m -XX:+UseCompactObjectHeaders"
vthreads 10000
leak_groups "$jdk25" "$HERE"/leaks/jdk25/*.sh
[ -n "$large" ] || exit 0
variant jdk25-parallel "-parallel=2" "-Xmx256m"
variant jdk25-zgc      ""            "-Xmx256m -XX:+UseZGC"
