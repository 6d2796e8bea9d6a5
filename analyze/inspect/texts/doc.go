// Package texts has the inspection of strings.
package texts
