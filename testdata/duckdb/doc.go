// Package duckdb runs the SQL of docs/fleet.md with DuckDB over real dumps, and compares its answers with what heapcause's other
// commands, the JVM and the dumped programs say. It is a module of its own, since DuckDB needs a C compiler: make test-duckdb runs it.
package duckdb
