# JDBC drivers and pools, each leak with its control: the same program that closes, binds or returns.
#
#   jdbc-statements-DRIVER         3,000 open prepared statements in a list of the application: H2, HSQLDB, SQLite, PostgreSQL
#   jdbc-statements-hikari         2,000 open statements of one connection of a HikariCP pool, which lists them
#   jdbc-timer-pg                  12 statements that run with a query timeout: the driver's timer has a task for each
#   jdbc-result-DRIVER             one result set of 100,000 rows in a frame: H2, HSQLDB, PostgreSQL
#   jdbc-pool-POOL                 8 of 8 connections borrowed, 4 of them leaked, and 2 threads wait: HikariCP, DBCP 2 and
#                                  Tomcat's copy of it, c3p0, Tomcat JDBC
#   jdbc-unpooled-DRIVER           60 open connections outside of any pool: H2, HSQLDB, SQLite, PostgreSQL
#   jdbc-cache-CACHE               caches of prepared statements full of one SQL with 400 literals: DBCP 2, c3p0, PostgreSQL's driver
#
# The dumps of PostgreSQL need a server: one is started in a temporary folder on the loopback address, and stopped again.

# pg_run COMMAND: as a user that a server may run as.
pg_run() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# pg_start: start a server; its URL goes into PG_URL. Fails, and says so, where there is none.
pg_start() {
  local bin; PG_BIN=
  for bin in "${PG_HOME:-/nonexistent}/bin" /usr/lib/postgresql/*/bin; do [ ! -x "$bin/initdb" ] || PG_BIN=$bin; done
  if [ -z "$PG_BIN" ] || { [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; }; then
    echo "testdata: no PostgreSQL server (PG_HOME, /usr/lib/postgresql): the dumps that need it are left out"
    return 1
  fi
  PG_DIR=$(pg_run mktemp -d)
  AT_EXIT=pg_stop
  local port=$((20000 + RANDOM % 20000))
  pg_run "$PG_BIN/initdb" -D "$PG_DIR/data" -U test -A trust --no-sync > "$WORK/pg.log" 2>&1 &&
    pg_run "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -w -t 30 -l "$PG_DIR/log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$PG_DIR -c fsync=off -c shared_buffers=8MB" start >> "$WORK/pg.log" 2>&1 ||
    { echo "testdata: PostgreSQL does not start: the dumps that need it are left out"; pg_stop; return 1; }
  PG_URL="jdbc:postgresql://127.0.0.1:$port/postgres?user=test&password=secret"
}

pg_stop() {
  AT_EXIT=
  [ ! -e "$PG_DIR/data/postmaster.pid" ] || pg_run "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate stop > /dev/null 2>&1 || true
  rm -rf "$PG_DIR"
}

# pair NAME PROGRAM SOURCE [ARG...]: the leak and its control.
pair() {
  leak "$1" "jdbc/$2" "$3" leak "${@:4}"
  leak "$1-control" "jdbc/$2" "$3" control "${@:4}"
}

# absent NAME...: is one of the dumps missing?
absent() {
  local name
  for name; do [ -e "$OUT/leaks/$name.hprof" ] || return 0; done
  return 1
}

HIKARI="com.zaxxer.hikari.HikariDataSource;jdbcUrl=jdbc:h2:mem:a;maximumPoolSize=8;connectionTimeout=600000;leakDetectionThreshold=600000"
DBCP="org.apache.commons.dbcp2.BasicDataSource;maxTotal=8;maxIdle=8"
C3P0="com.mchange.v2.c3p0.ComboPooledDataSource;jdbcUrl=jdbc:h2:mem:a;maxPoolSize=8"
TOMCAT="org.apache.tomcat.jdbc.pool.DataSource;driverClassName=org.h2.Driver;url=jdbc:h2:mem:a;initialSize=1;minIdle=1;maxIdle=8;maxActive=8"

if lib h2; then
  pair jdbc-statements-h2 OpenStatements jdbc:h2:mem:a 3000
  pair jdbc-unpooled-h2 UnpooledConnections jdbc:h2:mem:a
  leak jdbc-result-h2 jdbc/HugeResult jdbc:h2:mem:a leak "select x, 'row ' || x from system_range(1, 100000)"
  leak jdbc-result-h2-control jdbc/HugeResult "jdbc:h2:mem:a;LAZY_QUERY_EXECUTION=1" control "select x, 'row ' || x from system_range(1, 100000)"
fi
if lib hsqldb; then
  pair jdbc-statements-hsqldb OpenStatements jdbc:hsqldb:mem:a 3000
  pair jdbc-unpooled-hsqldb UnpooledConnections jdbc:hsqldb:mem:a
  rows="select x, 'row ' || x from unnest(sequence_array(1, 100000, 1)) as t(x)"
  leak jdbc-result-hsqldb jdbc/HugeResult jdbc:hsqldb:mem:a leak "$rows"
  leak jdbc-result-hsqldb-control jdbc/HugeResult jdbc:hsqldb:mem:a control "$rows limit 100"
fi
if lib sqlite-jdbc; then
  pair jdbc-statements-sqlite OpenStatements jdbc:sqlite::memory: 3000
  pair jdbc-unpooled-sqlite UnpooledConnections jdbc:sqlite::memory:
fi
if lib h2 HikariCP slf4j-api; then
  pair jdbc-pool-hikari ExhaustedPool "$HIKARI"
  leak jdbc-statements-hikari jdbc/OpenStatements "$HIKARI" connection 2000
  leak jdbc-statements-hikari-control jdbc/OpenStatements "$HIKARI" control 2000
fi
if lib h2 commons-dbcp2 commons-pool2 commons-logging; then
  pair jdbc-pool-dbcp ExhaustedPool "$DBCP;url=jdbc:h2:mem:a;removeAbandonedOnBorrow=true;removeAbandonedTimeout=600;logAbandoned=true"
  pair jdbc-cache-dbcp StatementCache "$DBCP;url=jdbc:h2:mem:a;poolPreparedStatements=true"
fi
if lib h2 c3p0; then
  pair jdbc-pool-c3p0 ExhaustedPool "$C3P0;unreturnedConnectionTimeout=600;debugUnreturnedConnectionStackTraces=true"
  pair jdbc-cache-c3p0 StatementCache "$C3P0;maxStatementsPerConnection=500"
fi
if lib h2 tomcat9-jdbc tomcat9-juli; then
  pair jdbc-pool-tomcat ExhaustedPool "$TOMCAT;maxWait=600000;removeAbandoned=true;removeAbandonedTimeout=600;logAbandoned=true"
fi
if lib h2 tomcat9-dbcp tomcat9-juli; then
  pair jdbc-pool-tomcat-dbcp ExhaustedPool "${DBCP/apache.commons/apache.tomcat.dbcp};url=jdbc:h2:mem:a"
fi
if absent jdbc-{statements,timer,unpooled,result,cache}-pg jdbc-{statements,unpooled,result,cache}-pg-control &&
  lib postgresql commons-dbcp2 commons-pool2 commons-logging && pg_start; then
  pair jdbc-statements-pg OpenStatements "$PG_URL" 3000
  leak jdbc-timer-pg jdbc/RunningStatements "$PG_URL" 12
  pair jdbc-unpooled-pg UnpooledConnections "$PG_URL"
  pair jdbc-result-pg HugeResult "$PG_URL" "select i, 'row ' || i from generate_series(1, 100000) as t(i)"
  pair jdbc-cache-pg StatementCache "$DBCP;url=$PG_URL"
  pg_stop
fi
