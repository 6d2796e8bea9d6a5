// Package serve shows one heap in a browser on this machine: the report, the dominator tree, objects with their references, paths,
// searches, queries and a treemap. Each page is what a command says, with addresses as links.
//
// A dump holds secrets, and every other program and web page on the machine can reach a port on 127.0.0.1. So the server listens
// there alone, answers only who has the token, only under a loopback name (a foreign name that resolves to 127.0.0.1 is an attack),
// only GET and HEAD, and sends pages that load nothing from elsewhere and run no script but its own. Nothing changes the dump.
package serve
