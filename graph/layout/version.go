package layout

import "strings"

// Generation is a generation of HotSpot's field packing rules.
type Generation uint8

// The generations, oldest first.
const (
	// JDK5 puts references first, then primitives by size, and fills no gap.
	JDK5 Generation = iota
	// JDK6 is ClassFileParser::layout_fields of JDK 6 to 14.
	JDK6
	// JDK15 is FieldLayoutBuilder of JDK 15 to 24.
	JDK15
	// JDK25 is FieldLayoutBuilder of JDK 25 and later.
	JDK25
)

// String returns the JDK releases that use g.
func (g Generation) String() string {
	return [...]string{"JDK 5", "JDK 6-14", "JDK 15-24", "JDK 25+"}[min(g, JDK25)]
}

// unknownFeature stands for a release that nothing in the dump tells.
const unknownFeature = 0

// generationOf returns the packing rules of a feature release.
func generationOf(feature int) Generation {
	switch {
	case feature >= 25:
		return JDK25
	case feature >= 15:
		return JDK15
	case feature >= 6:
		return JDK6
	default:
		return JDK5
	}
}

// clampFeature returns the release nearest to feature that packs by g.
func (g Generation) clampFeature(feature int) int {
	switch g {
	case JDK5:
		return 5
	case JDK6:
		if feature == unknownFeature {
			return 8
		}
		return min(max(feature, 6), 14)
	case JDK15:
		if feature == unknownFeature {
			return 17
		}
		return min(max(feature, 15), 24)
	default:
		return max(feature, 25)
	}
}

// release is what a dump tells of the JDK that wrote it.
type release struct {
	feature int
	// proven is set when the dump names the version, and clear when feature is
	// derived from which classes and fields there are.
	proven bool
}

// releaseOf reads the version that the dump names, or else its version signs.
func releaseOf(in *Input) release {
	if f := parseFeature(in.JavaVersion); f != unknownFeature {
		return release{feature: f, proven: true}
	}
	return release{feature: featureBySigns(in.Classes)}
}

// parseFeature returns the feature release of a java.version such as 1.6.0_30,
// 11.0.11 or 25-ea, and unknownFeature for what is none.
func parseFeature(version string) int {
	version = strings.TrimPrefix(version, "1.")
	f := 0
	for i := 0; i < len(version) && i < 3; i++ {
		c := version[i]
		if c < '0' || c > '9' {
			break
		}
		f = f*10 + int(c-'0')
	}
	if f < 5 || f > 99 {
		return unknownFeature
	}
	return f
}

// featureBySigns derives the release from fields and classes that came with
// one. Releases between two signs are taken for the older one; their tables
// differ little.
func featureBySigns(classes []Class) int {
	var classFields, threadFields []Field
	has := struct{ object, module, virtualThread, methodHandle bool }{}
	for i := range classes {
		switch c := &classes[i]; c.Name {
		case "java.lang.Object":
			has.object = true
		case "java.lang.Class":
			classFields = c.Fields
		case "java.lang.Thread":
			threadFields = c.Fields
		case "java.lang.Module":
			has.module = true
		case "java.lang.VirtualThread":
			has.virtualThread = true
		case "java.lang.invoke.MethodHandle":
			has.methodHandle = true
		}
	}
	switch {
	case !has.object:
		return unknownFeature
	case hasField(classFields, "signers"), hasField(classFields, "primitive"):
		return 25
	case hasField(threadFields, "holder") && has.virtualThread:
		return 21
	case hasField(classFields, "classData"):
		return 17
	case has.module:
		return 11
	case hasField(classFields, "reflectionData"), hasField(classFields, "classLoader"):
		return 8
	case has.methodHandle:
		return 7
	case len(classFields) > 0:
		return 6
	default:
		return unknownFeature
	}
}

func hasField(fields []Field, name string) bool {
	for i := range fields {
		if fields[i].Name == name {
			return true
		}
	}
	return false
}
