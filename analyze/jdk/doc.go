// Package jdk reads objects of the Java platform by the fields that their classes declare, in the shapes of JDK 5 to 25. What is
// not there reads as unknown, never as fine.
package jdk
