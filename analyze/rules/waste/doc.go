// Package waste has the rules on what objects hold for nothing: equal contents, unused room, boxes and empty arrays.
package waste
