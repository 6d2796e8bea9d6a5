// Package loaders has the inspection of class loaders and the rules on them: loaders that should be gone, and classes without end.
package loaders
