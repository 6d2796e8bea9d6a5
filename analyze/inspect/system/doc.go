// Package system shows what a dump tells of the JVM it is of: version, arguments, system properties, environment.
package system
