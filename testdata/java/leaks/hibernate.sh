# Hibernate 3.6: a query plan cache with 100 plans of one HQL whose IN list grows, and with one; a session with 12,000 entities, and one that
# is cleared.
if lib hibernate-core hibernate-commons-annotations h2 dom4j slf4j-api slf4j-nop commons-collections3 antlr javassist geronimo-jta-1.2-spec geronimo-jpa_2.0_spec; then
  leak hibernate-plans           hibernate/Shop plans
  leak hibernate-plans-control   hibernate/Shop plans-control
  leak hibernate-session         hibernate/Shop session
  leak hibernate-session-control hibernate/Shop session-control
fi
