package report

// ObjectName names an object for people: its class, or what the note says that it stands for.
func ObjectName(class, note string) string {
	switch note {
	case "", class:
		return class
	case "class " + class:
		return note
	}
	return class + " (" + note + ")"
}
