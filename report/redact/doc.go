// Package redact keeps the contents of a heap dump out of reports: it masks
// string values, reduces SQL statements to their shape and takes credentials
// out of URLs. A heap dump holds passwords, tokens and customer data; a report
// is mailed and pasted into tickets.
//
// Every function takes any string, valid UTF-8 or not, never panics, and errs
// on the side of masking too much.
package redact
