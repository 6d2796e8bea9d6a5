// Package dataset writes Parquet files of rows that several workers make, in an order that does not depend on the workers, and puts
// them into their places only when all are whole.
//
// A Partition is what one dump has of all data sets: DIR/<data set>/dump=<ID>/part-<n>.parquet. Its files are written beside their places
// under names that begin with a dot and do not end in .parquet, so that no reader takes a half-written one for data, and are renamed by
// Commit.
//
// A Table is one data set of a partition. Its rows are made in numbered portions; each worker has a Writer, which encodes the rows of one
// portion to row groups of its own in memory and hands them in when all portions before have been. So the bytes of the files are the same
// for any number of workers, and no more than a row group a worker is in memory.
package dataset
