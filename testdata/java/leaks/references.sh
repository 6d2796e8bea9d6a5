# References, cleaners, exit hooks, exceptions and direct memory; a dump of each leak and of the same program at rest. All by the JDK alone, but for
# one that needs a C compiler.
JAVA_OPTS=-XX:MaxDirectMemorySize=64m
leak direct-memory           references/DirectMemory leak       # 980 buffers of 65,536 bytes: 96 % of the limit
leak direct-memory-control   references/DirectMemory control
JAVA_OPTS=
leak undrained-queue         references/UndrainedQueue leak     # 120,000 references wait in UndrainedQueue.QUEUE
leak undrained-queue-control references/UndrainedQueue control
leak soft-hoard              references/SoftHoard leak          # 12,000 pages of 1 KB
leak soft-hoard-control      references/SoftHoard control
leak stuck-cleaner           references/StuckCleaner leak       # 20,000 actions wait behind one that hangs
leak stuck-cleaner-control   references/StuckCleaner control
leak cleaner-hoard           references/CleanerHoard leak       # 110,000 registrations
leak cleaner-hoard-control   references/CleanerHoard control
leak exit-hooks              references/ExitHooks leak          # 30,000 files, 1,500 hooks
leak exit-hooks-control      references/ExitHooks control
leak kept-exceptions         references/KeptExceptions leak     # 15,000 exceptions
leak kept-exceptions-control references/KeptExceptions control
if command -v gcc >/dev/null && [ -f "$JDK/include/jni.h" ]; then
  gcc -shared -fPIC -O1 -I"$JDK/include" -I"$JDK/include/linux" -o "$WORK/libglobalreferences.so" "$HERE/src/leaks/references/native/globalreferences.c"
  leak jni-globals           references/GlobalReferences leak "$WORK/libglobalreferences.so"    # 20,000 global references
  leak jni-globals-control   references/GlobalReferences control "$WORK/libglobalreferences.so"
fi
# What java.lang.management and System.getenv leave in the heap; the program's output says what they are.
JAVA_OPTS=-Dshop.key=k3y-of-the-shop
HEAPCAUSE_SECRET=s3cret-of-the-environment leak managed references/Managed
JAVA_OPTS=
