package references

import "heapcause/analyze"

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{QueueNotDrained, CleanerBacklog, SoftHoard}
}
