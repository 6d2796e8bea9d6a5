# logback: an AsyncAppender of 4,000 events whose appender hangs and one that drains; 60,000 loggers made by name, and 500.
if lib slf4j-api logback-core logback-classic; then
  leak logback-async           logback/AsyncLogging leak
  leak logback-async-control   logback/AsyncLogging control
  leak logback-loggers         logback/DynamicLoggers leak
  leak logback-loggers-control logback/DynamicLoggers control
fi
# Log4j 2: a full AsyncAppender of 3,000 events, a full ring buffer of 4,096, and both drained.
if lib log4j-api log4j-core disruptor; then
  leak log4j-queue         log4j/AsyncLogging queue
  leak log4j-queue-control log4j/AsyncLogging queue-control
  leak log4j-ring          log4j/AsyncLogging ring
  leak log4j-ring-control  log4j/AsyncLogging ring-control
fi
