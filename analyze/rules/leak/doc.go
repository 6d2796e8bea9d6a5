// Package leak has the rules on whatever retains much, when no rule knows it.
package leak
