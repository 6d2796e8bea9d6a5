// Package jdbc has the rules on JDBC statements and what holds them.
package jdbc
