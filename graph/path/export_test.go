package path

// FreeWhole is what Free does where it is not enough to look around the set.
var FreeWhole = freeWhole
