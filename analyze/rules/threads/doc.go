// Package threads has the rules on threads: what they keep in thread locals and on their stacks, how many there are, what they wait for.
package threads
