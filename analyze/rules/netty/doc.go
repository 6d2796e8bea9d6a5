// Package netty has the rules on Netty 4: its pooled buffers, what channels have not sent, and what waits for its threads.
package netty
