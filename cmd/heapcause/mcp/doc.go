// Package mcp serves heap dumps over the Model Context Protocol: tools that answer questions, resources with reports and the pages of rules, and
// prompts for the usual questions (docs/mcp.md).
//
// Every tool answers with the same type, Answer: sections as in a report, the command that prints the same, and where the rows that were left
// out continue. Answers keep to a budget of bytes. Dumps are opened under the folders of the options alone; the graphs of a bounded number of
// them are kept, and are shared by calls that run side by side. What is in this package finds nothing out: analyze does.
package mcp
