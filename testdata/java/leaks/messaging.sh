# ActiveMQ 5.17 over a broker in the JVM: a consumer with 3,000 messages ahead, 150 sessions of a connection, and neither.
if lib activemq-client activemq-broker geronimo-jms_1.1_spec geronimo-j2ee-management-1.1-spec hawtbuf slf4j-api slf4j-nop; then
  leak activemq-prefetch activemq/Consumers prefetch
  leak activemq-sessions activemq/Consumers sessions
  leak activemq-control  activemq/Consumers control
fi
# RxJava 3: a processor that buffers 30,000 events for a subscriber that asks for 100, and for one that takes all.
if lib rxjava reactive-streams; then
  leak rxjava-backlog         rxjava/Backpressure leak
  leak rxjava-backlog-control rxjava/Backpressure control
fi
