# 1,200 threads, one per request, wait in one method; control: they had a thread one after the other.
leak thread-explosion         threads/ManyThreads leak
leak thread-explosion-control threads/ManyThreads control
# 30 threads wait for a monitor and 30 for a ReentrantLock that a writer has; control: 3 and 3.
leak threads-blocked          threads/OneLock leak
leak threads-blocked-control  threads/OneLock control
# A method has 20,000 rows in a local; control: pages of 100.
leak fat-frame                threads/FatFrame leak
leak fat-frame-control        threads/FatFrame control
