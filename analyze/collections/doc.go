// Package collections counts the collections of a heap: how many elements they have, how much of their arrays is in use, how their
// hash tables are filled, and which fields hold them. The inspection and the rules on collections share one reading of it.
package collections
