# Netty 4.1.48: 120 pooled heap buffers of 64 KB and 500 of 1 KB that are forgotten, kept in a list, or released; three channels with 2,000 unsent messages
# of 8 KB each and with none; arenas with 60 buffers of 10,000 bytes (16,384 in the arena) in chunks of 1 MiB; 20,000 tasks for a blocked event loop and as many timeouts of a HashedWheelTimer, and none.
if lib netty-common netty-buffer netty-resolver netty-transport; then
  leak netty-lost             netty/Buffers lost
  leak netty-kept             netty/Buffers kept
  leak netty-arenas           netty/NettyArenas
  leak netty-buffers-control  netty/Buffers control
  leak netty-outbound         netty/SlowReader leak
  leak netty-outbound-control netty/SlowReader control
  leak netty-tasks            netty/EventLoopTasks leak
  leak netty-tasks-control    netty/EventLoopTasks control
fi
