# Caches of Guava, Caffeine, Ehcache 2 and Spring with 10,000 entries of 500 bytes and no bound, and the same with a bound that is not
# reached yet. Spring has no bound: its control has few entries.
if lib guava caffeine ehcache slf4j-api spring3-context spring3-core commons-logging; then
  for library in guava caffeine ehcache spring; do
    leak "cache-$library"         caches/UnboundedCaches $library leak
    leak "cache-$library-control" caches/UnboundedCaches $library control
  done
fi
