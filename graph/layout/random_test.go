package layout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// randomClasses is how many classes a random program has.
const randomClasses = 300

// TestRandomLayouts holds the sizes of random class hierarchies to the JVM's
// histogram, under JDK 17 and 25 and the options that change layouts.
func TestRandomLayouts(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a dozen JVMs")
	}
	jdk17, jdk25 := findJDK(17), findJDK(25)
	compiler := jdk17
	if compiler == "" {
		compiler = jdk25
	}
	if compiler == "" {
		t.Skip("no JDK 17 or 25: set JAVA17_HOME or JAVA25_HOME")
	}
	plain := generateClasses(t, compiler, 1, false)
	contended := generateClasses(t, compiler, 2, true)
	for _, c := range []struct {
		name    string
		jdk     string
		classes string
		options string
	}{
		{"17", jdk17, plain, "-XX:+UseG1GC"},
		{"17-serial", jdk17, plain, "-XX:+UseSerialGC"},
		{"17-align16", jdk17, plain, "-XX:+UseSerialGC -XX:ObjectAlignmentInBytes=16"},
		{"17-nocoops", jdk17, plain, "-XX:+UseSerialGC -XX:-UseCompressedOops"},
		{"17-noccp", jdk17, plain, "-XX:+UseSerialGC -XX:-UseCompressedClassPointers"},
		{"17-neither", jdk17, plain, "-XX:+UseSerialGC -XX:-UseCompressedOops -XX:-UseCompressedClassPointers"},
		{"17-zgc", jdk17, plain, "-XX:+UseZGC"},
		{"17-contended", jdk17, contended, "-XX:+UseSerialGC -XX:-RestrictContended"},
		{"17-contended-nocoops", jdk17, contended, "-XX:+UseSerialGC -XX:-RestrictContended -XX:-UseCompressedOops"},
		{"17-restricted", jdk17, contended, "-XX:+UseSerialGC"},
		{"25", jdk25, plain, "-XX:+UseG1GC"},
		{"25-compact", jdk25, plain, "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders"},
		{"25-compact-nocoops", jdk25, plain, "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:-UseCompressedOops"},
		{"25-compact-align16", jdk25, plain, "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:ObjectAlignmentInBytes=16"},
		{"25-neither", jdk25, plain, "-XX:+UseSerialGC -XX:-UseCompressedOops -XX:-UseCompressedClassPointers"},
		{"25-noccp", jdk25, plain, "-XX:+UseSerialGC -XX:-UseCompressedClassPointers"},
		{"25-zgc", jdk25, plain, "-XX:+UseZGC"},
		{"25-align16", jdk25, plain, "-XX:+UseSerialGC -XX:ObjectAlignmentInBytes=16"},
		{"25-contended", jdk25, contended, "-XX:+UseSerialGC -XX:-RestrictContended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.jdk == "" {
				t.Skip("no such JDK")
			}
			dump := filepath.Join(t.TempDir(), "random.hprof")
			args := append(strings.Fields(c.options), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", c.classes,
				"RandomLayout", "dump", dump, strconv.Itoa(randomClasses))
			run(t, filepath.Join(c.jdk, "bin", "java"), args...)
			checkDump(t, dumpPair{c.name, dump, histogramsOf(dump)})
		})
	}
}

// generateClasses compiles the generator and lets it compile random classes.
func generateClasses(t *testing.T, jdk string, seed int, contended bool) string {
	t.Helper()
	dir := t.TempDir()
	run(t, filepath.Join(jdk, "bin", "javac"), "-nowarn", "-d", dir, "../../testdata/java/src/randomlayout/RandomLayout.java")
	args := []string{"-cp", dir, "RandomLayout", "generate", dir, strconv.Itoa(randomClasses), strconv.Itoa(seed)}
	if contended {
		args = append(args, "contended")
	}
	run(t, filepath.Join(jdk, "bin", "java"), args...)
	return dir
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	for _, v := range os.Environ() {
		if !javaOptions.MatchString(v) {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// javaOptions matches the variables from which a JVM takes further options.
var javaOptions = regexp.MustCompile(`^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS)=`)

var javaVersionLine = regexp.MustCompile(`(?m)^JAVA_VERSION="(\d+)`)

// findJDK returns the home of a JDK of that feature release, or "". It looks
// where testdata/java/make.sh looks.
func findJDK(feature int) string {
	jvms := os.Getenv("JVM_DIR")
	if jvms == "" {
		jvms = "/usr/lib/jvm"
	}
	homes, _ := filepath.Glob(filepath.Join(jvms, "*"))
	homes = append([]string{os.Getenv("JAVA" + strconv.Itoa(feature) + "_HOME"), os.Getenv("JAVA_HOME")}, homes...)
	for _, home := range homes {
		if home == "" {
			continue
		}
		release, err := os.ReadFile(filepath.Join(home, "release"))
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(home, "bin", "javac")); err != nil {
			continue
		}
		if m := javaVersionLine.FindSubmatch(release); m != nil && string(m[1]) == strconv.Itoa(feature) {
			return home
		}
	}
	return ""
}
