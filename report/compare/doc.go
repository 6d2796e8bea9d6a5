// Package compare says what grew over a series of reports: by path from a GC root, class, package and loader, and which findings came
// and went. Paths are the point: of all that is larger at the end, a path that grew in every step is a leak's, while caches that have
// filled and queues that come and go are not. It knows reports only, so that saved ones serve as well as dumps.
package compare
