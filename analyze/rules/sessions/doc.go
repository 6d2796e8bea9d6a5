// Package sessions has the rule on HTTP sessions of servlet containers.
package sessions
