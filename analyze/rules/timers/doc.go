// Package timers has the rules on java.util.Timer.
package timers
