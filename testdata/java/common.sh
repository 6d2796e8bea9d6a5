# Functions of make.sh and make-demo.sh, which source this file.
# JVM_DIR (default /usr/lib/jvm) is searched for a JDK beside JAVA17_HOME, JAVA25_HOME, JAVA_HOME and PATH.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C.UTF-8
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS
WORK=$(mktemp -d)
PID=
# AT_EXIT is a command to run at the end, whatever happens: of a server that a dump's program needs.
AT_EXIT=
trap '[ -z "$PID" ] || kill -9 "$PID" 2>/dev/null || true; ${AT_EXIT:-:} || true; rm -rf "$WORK"' EXIT

# jdk_version HOME: print the feature release of the JDK there; fail when there is none.
jdk_version() {
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && [ -x "$1/bin/jcmd" ] && [ -r "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# find_jdk MIN MAX HOME...: print the first of the homes, JAVA_HOME's, the PATH's and the JVM folder's JDKs in that range.
find_jdk() {
  local min=$1 max=$2 home version; shift 2
  local onpath=""
  if command -v javac >/dev/null; then onpath=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")"); fi
  for home in "$@" "${JAVA_HOME:-}" "$onpath" "${JVM_DIR:-/usr/lib/jvm}"/*; do
    version=$(jdk_version "$home") || continue
    if [ "$version" -ge "$min" ] && [ "$version" -le "$max" ]; then echo "$home"; return 0; fi
  done
  return 1
}

# default_jdk: print the JDK that makes most dumps: a 17 where there is one.
default_jdk() { find_jdk 17 17 "${JAVA17_HOME:-}" || find_jdk 18 24 || find_jdk 25 999; }

# use_jdk HOME: the JDK of the dumps that follow. The programs are compiled once, by the first.
use_jdk() { JAVA=$1/bin/java JAVAC=$1/bin/javac JCMD=$1/bin/jcmd JDK=$1; }

# compile NAME: compile src/NAME, put the class folder into CP.
compile() {
  CP="$WORK/classes/$1"
  [ ! -d "$CP" ] || return 0
  mkdir -p "$CP"
  find "$HERE/src/$1" -name '*.java' > "$CP.list"
  "$JAVAC" -nowarn -Xlint:none -XDsuppressNotes -g -encoding UTF-8 -d "$CP" @"$CP.list"
}

# tool NAME ARG...: run one of src/tools.
tool() {
  local CP; compile tools
  "$JAVA" -Xmx256m -Xshare:auto -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$CP" "$@"
}

# missing FILE: is the dump not there yet? Companions come first and the dump last, by a rename.
missing() { [ ! -e "$1" ] || return 1; mkdir -p "$(dirname "$1")"; }

# finish FILE PART: count the records and put the dump in its place.
finish() {
  tool HprofStat "$2" > "$1.stat.json"
  mv "$2" "$1"
  printf '  %-52s %12d bytes\n' "${1#"$OUT"/}" "$(stat -c %s "$1")"
}

# start FILE ARG...: start java, wait for its line READY. Puts its process into PID.
start() {
  local file=$1 i; shift
  : > "$file.log"
  "$JAVA" "$@" > "$file.log" 2>&1 &
  PID=$!
  for ((i = 0; i < 6000; i++)); do
    ! grep -q '^READY' "$file.log" || return 0
    kill -0 $PID 2>/dev/null || break
    sleep 0.1
  done
  echo "the program did not get ready:"; tail -20 "$file.log"; stop
  return 1
}

# stop: end the program of start.
stop() { kill -9 $PID 2>/dev/null || true; wait $PID 2>/dev/null || true; PID=; }

# dump FILE JCMD_FLAGS JAVA_ARG...: run java until it prints READY, then take a thread dump, the class histogram,
# the heap dump and once more the histogram. JCMD_FLAGS is one word list: "" (live), "-all", "-all -gz=1" ...
dump() {
  local file=$1 flags=$2 hist=""; shift 2
  case " $flags " in *" -all "*) hist=-all;; esac
  rm -f "$file.part"
  start "$file" "$@" || return 1
  "$JCMD" $PID Thread.print > "$file.threads.txt"
  "$JCMD" $PID GC.class_histogram $hist > "$file.histo.txt"
  "$JCMD" $PID GC.heap_dump $flags "$(readlink -f "$(dirname "$file")")/$(basename "$file").part" > /dev/null
  "$JCMD" $PID GC.class_histogram $hist > "$file.histo-after.txt"
  stop
  finish "$file" "$file.part"
}

# dump_oom FILE JAVA_ARG...: run java until its heap is full. No histogram: the JVM is gone.
dump_oom() {
  local file=$1; shift
  rm -f "$file.part"
  "$JAVA" -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath="$file.part" -XX:+ExitOnOutOfMemoryError "$@" > "$file.log" 2>&1 || true
  finish "$file" "$file.part"
}

# lib NAME...: put the jars of these names (postgresql, HikariCP) into LIBS, a class path. Fails, and says so, when one is not there.
# JAVA_LIBS is the folder of jars: /usr/share/java, where Debian's lib...-java packages put them.
lib() {
  local dir=${JAVA_LIBS:-/usr/share/java} name
  LIBS=
  for name; do
    if [ ! -e "$dir/$name.jar" ]; then
      echo "testdata: no $name.jar in $dir: the dumps that need it are left out"
      return 1
    fi
    LIBS="$LIBS${LIBS:+:}$dir/$name.jar"
  done
}

# leak NAME PROGRAM ARG...: make OUT/leaks/NAME.hprof, for the files of leaks/. PROGRAM is a class of src/leaks/FOLDER, written FOLDER/CLASS; its class path has LIBS. The program
# prints READY when the heap is to be dumped. JAVA_OPTS are more options of the JVM.
leak() {
  local f="$OUT/leaks/$1.hprof" folder=${2%/*} class=${2##*/}; shift 2
  missing "$f" || return 0
  CP="$WORK/classes/leaks-$folder"
  if [ ! -d "$CP" ]; then
    mkdir -p "$CP"
    find "$HERE/src/leaks/$folder" -name '*.java' > "$CP.list"
    "$JAVAC" -nowarn -Xlint:none -XDsuppressNotes -g -encoding UTF-8 ${LIBS:+-cp "$LIBS"} -d "$CP" @"$CP.list"
  fi
  rm -f "$f.part"
  start "$f" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto ${JAVA_OPTS:-} -cp "$CP${LIBS:+:$LIBS}" "$class" "$@" || return 1
  "$JCMD" $PID GC.heap_dump "$(readlink -f "$(dirname "$f")")/$(basename "$f").part" > /dev/null
  stop
  mv "$f.part" "$f"
  printf '  %-52s %12d bytes\n' "${f#"$OUT"/}" "$(stat -c %s "$f")"
}
