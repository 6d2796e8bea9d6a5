// Package export writes what a heap holds as Parquet data sets: objects, references, classes, roots, threads, frames, strings, dominators,
// findings, and a row for the dump itself. docs/export.md describes the columns and how they join.
//
// Rows are computed in portions, as the numbers of objects and the bytes of the dump suggest, by all processors; the files are the same
// whatever their number (see dataset). What is in memory besides the graph does not depend on the size of the dump, but for the classes.
//
// Contents of strings are hashed, and written only where Options.ShowValues is set; names of classes, fields, threads and loaders, and of
// the archives that classes come from, are written as they are, made valid UTF-8.
package export
