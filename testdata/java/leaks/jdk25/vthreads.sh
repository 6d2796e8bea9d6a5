# 3,000 virtual threads wait for a semaphore's permits that are not given back; control: 50.
leak virtual-pileup         vthreads/VirtualPileup leak
leak virtual-pileup-control vthreads/VirtualPileup control
# 4 virtual threads that are pinned to their carriers; control: they park where they are not. There must be a carrier for each.
JAVA_OPTS=-Djdk.virtualThreadScheduler.parallelism=6
leak virtual-pinned         vthreads/PinnedThreads leak
leak virtual-pinned-control vthreads/PinnedThreads control
JAVA_OPTS=
