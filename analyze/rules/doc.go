// Package rules lists the rules, each of which is in the package of its subject.
package rules
