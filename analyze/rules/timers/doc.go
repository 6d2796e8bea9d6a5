// Package timers has the rules on java.util.Timer: queues that grow, threads that pile up, timers that are dead.
package timers
