# 4,000 tasks, lambdas with an order or a mail each, wait in the unbounded queue of 4 workers that do not get on; control: they do.
leak executor-backlog           executors/SlowExecutor leak
leak executor-backlog-control   executors/SlowExecutor control
# 20,000 cancelled timeouts stay in the queue of a scheduled executor; control: removeOnCancel takes them out.
leak executor-cancelled         executors/CancelledTimeouts leak
leak executor-cancelled-control executors/CancelledTimeouts control
# 60 executors that were made for one call each and not shut down; control: they were.
leak executor-forgotten         executors/ForgottenExecutors leak
leak executor-forgotten-control executors/ForgottenExecutors control
