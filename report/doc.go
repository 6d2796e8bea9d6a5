// Package report is the typed, versioned result of an analysis: the one model
// from which text, JSON, tables, HTML and every other format are rendered.
//
// The package knows no dump. Whoever fills a Report has already decoded,
// counted and masked; whoever renders one needs nothing else, so a saved
// report can be rendered, compared and gated without the dump.
//
// Conventions that hold for every type here:
//
//   - sizes are bytes and counts are objects, both int64 and exact; rounding
//     and units are the renderer's business;
//   - shares are fractions from 0 to 1, never percent;
//   - addresses are Address values and appear as "0x…" strings in JSON, because
//     64-bit numbers do not survive every JSON reader;
//   - times are UTC;
//   - lists marshal as [] when empty, never as null, and a list that was cut
//     says how many rows, and how many bytes, are missing (List);
//   - a string that is part of the dump's *contents* (SQL, string values,
//     property values) is a Text or a Value made by redact.Policy, so that an
//     unmasked one cannot get in by accident. Names of classes, fields,
//     methods and threads are not contents: they are plain Go strings. They
//     may still hold any character, so renderers must escape them.
//
// Nothing in a Report depends on the clock, on the path of the dump or on the
// number of workers: the same dump and settings give the same bytes.
package report

// SchemaVersion is the version of the model and of its JSON form. It changes
// when a field changes meaning or goes away; new optional fields do not change it.
const SchemaVersion = "1"
