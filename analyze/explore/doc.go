// Package explore answers questions about single objects and sets of them: what is this object, who refers to it, which objects
// hold this value. Each answer is a report.Section made from a heap; nothing is printed here. Answers are bounded, whatever the
// number of objects that a question is about: lists are capped and say what they leave out.
package explore
