// Package executors has the rules on java.util.concurrent's executors: queues that grow, cancelled tasks that stay, pools that nobody shuts down.
package executors
