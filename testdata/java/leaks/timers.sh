# 40 timers that were not cancelled, 20 of them forgotten but for their threads; control: cancelled.
leak timer-threads         timers/LeakedTimers leak
leak timer-threads-control timers/LeakedTimers control
# A timer whose task threw; control: one that was cancelled.
leak timer-dead            timers/DeadTimer leak
leak timer-dead-control    timers/DeadTimer control
