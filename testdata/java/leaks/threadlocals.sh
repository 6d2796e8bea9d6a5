# Thread locals of pooled threads that nobody removes, and the same with remove().
leak threadlocal-pool         threads/PooledThreadLocals leak
leak threadlocal-pool-control threads/PooledThreadLocals control
