# Thread locals of pooled threads that nobody removes, and the same with remove().
leak threadlocal-pool          threads/PooledThreadLocals leak
leak threadlocal-pool-control  threads/PooledThreadLocals control
# Thread locals whose ThreadLocal objects are gone: 80 stale values on 10 threads, and the same with remove().
leak threadlocal-stale         threads/StaleThreadLocals leak
leak threadlocal-stale-control threads/StaleThreadLocals control
# Netty's FastThreadLocals of 21 threads that nobody removes, and the same with remove().
if lib netty-common netty-buffer netty-resolver netty-transport; then
  leak threadlocal-netty         netty/FastThreadLocals leak
  leak threadlocal-netty-control netty/FastThreadLocals control
fi
