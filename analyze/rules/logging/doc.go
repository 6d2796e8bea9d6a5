// Package logging has the rules on logging libraries: logback and Log4j 2.
package logging
