// Package fleet sums up the reports of many dumps: a row for each of them, and their findings by signature, so that one leak on many
// machines is one entry. Of each report it keeps what that takes, so that thousands of dumps fit into little memory. It knows reports
// only, not how they were made.
package fleet
