package system

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/report"
)

// Inspection shows the JVM.
var Inspection = &analyze.Inspection{
	Name:  "system",
	Title: "JVM, arguments, system properties and environment",
	Doc: `Shows what the JVM's own objects tell: its version, the system properties (System.props), the environment where the program has
asked for it (ProcessEnvironment.theEnvironment), the JVM's options and its start where java.lang.management has been used
(sun.management.VMManagementImpl.vmArgs, RuntimeImpl.vmStartupTime). Names of properties and variables are shown; their values are
contents of the dump and masked, but for a few that cannot be secret, such as java.version and os.name.`,
	Run: run,
}

// harmless are the properties whose values say what the JVM and the machine are and nothing of the program.
var harmless = []string{
	"file.encoding", "file.separator", "java.class.version", "java.specification.version", "java.vendor", "java.vendor.version", "java.version",
	"java.version.date", "java.vm.compressedOopsMode", "java.vm.info", "java.vm.name", "java.vm.specification.version", "java.vm.vendor", "java.vm.version",
	"java.runtime.name", "java.runtime.version", "native.encoding", "os.arch", "os.name", "os.version", "path.separator", "sun.arch.data.model",
	"sun.cpu.endian", "sun.jnu.encoding", "sun.management.compiler", "user.language", "user.timezone",
}

func run(p *analyze.Pass) (*report.Section, error) {
	r := reader{jdk.NewReader(p.Heap), p.Heap}
	props, env, args := r.properties(), r.environment(), r.arguments()
	out := &report.Section{Facts: facts(p, r, props)}
	out.Facts = append(out.Facts, analyze.Fact("system properties", report.Count(int64(len(props)))), analyze.Fact("environment variables", report.Count(int64(len(env)))))
	version := p.Heap.JavaVersion()
	if version == "" {
		version = "of an unknown version"
	}
	out.Summary = fmt.Sprintf("Java %s; %s, %s.", version, strings.Replace(analyze.Plural(int64(len(props)), "system property"), "propertys", "properties", 1),
		analyze.Plural(int64(len(env)), "environment variable"))
	out.Tables = []report.Table{
		pairTable(p, "properties", "System properties", props, harmless),
		pairTable(p, "environment", "Environment", env, nil),
		argumentTable(p, args),
	}
	if len(env) == 0 {
		out.Notes = append(out.Notes, "The dump has no environment: the program has not asked for a variable.")
	}
	return out, nil
}

func facts(p *analyze.Pass, r reader, props []pair) report.Rows[report.Fact] {
	var out report.Rows[report.Fact]
	add := func(label, text string) {
		if text != "" {
			out = append(out, analyze.Fact(label, report.Name(text)))
		}
	}
	property := func(name string) string {
		for _, q := range props {
			if q.name == name {
				return q.value
			}
		}
		return ""
	}
	add("Java version", p.Heap.JavaVersion())
	runtime := r.constant("java.lang.VersionProps", "java_runtime_version")
	if runtime == "" {
		runtime = property("java.runtime.version")
	}
	add("runtime version", runtime)
	add("vendor", property("java.vendor"))
	add("JVM", property("java.vm.name"))
	add("JVM info", property("java.vm.info"))
	add("operating system", strings.TrimSpace(property("os.name")+" "+property("os.version")+" "+property("os.arch")))
	out = append(out, analyze.Fact("bits", report.Number(int64(8*p.Heap.File().IDSize))))
	if command := property("sun.java.command"); command != "" {
		out = append(out, analyze.Fact("command", report.Content(p.Policy.Value(command))))
	}
	if t, ok := r.started(); ok {
		out = append(out, analyze.Fact("started", report.Time(t)))
		if up := p.Taken.Sub(t); up > 0 && !p.Taken.IsZero() {
			out = append(out, analyze.Fact("up when the dump was taken", report.Duration(up)))
		}
	}
	if !p.Taken.IsZero() {
		out = append(out, analyze.Fact("dump taken", report.Time(p.Taken)))
	}
	return out
}

func pairTable(p *analyze.Pass, name, title string, pairs []pair, open []string) report.Table {
	t := report.Table{Name: name, Title: title, Columns: []string{"name", "value"}}
	for _, q := range pairs {
		value := report.Content(p.Policy.Value(q.value))
		if slices.Contains(open, q.name) {
			value = report.Name(strings.TrimSpace(q.value))
		}
		p.ListRow(&t, 0, report.Name(q.name), value)
	}
	return t
}

// argumentTable lists the JVM's options. Of -D options the value may be a secret, of others the whole says how the JVM runs.
func argumentTable(p *analyze.Pass, args []string) report.Table {
	t := report.Table{Name: "arguments", Title: "Options of the JVM", Columns: []string{"option", "value"}}
	for _, a := range args {
		name, value := option(a)
		if value == "" {
			p.ListRow(&t, 0, report.Name(name), report.Value{})
			continue
		}
		p.ListRow(&t, 0, report.Name(name), report.Content(p.Policy.Value(value)))
	}
	return t
}

// sized are the options with a number in their name, which is no secret.
var sized = []string{"-Xmx", "-Xms", "-Xmn", "-Xss"}

// option splits an option of the JVM into its name and what may be content.
func option(a string) (name, value string) {
	for _, s := range sized {
		if strings.HasPrefix(a, s) && len(a) < len(s)+12 {
			return a, ""
		}
	}
	if strings.HasPrefix(a, "-XX:") {
		if name, value, ok := strings.Cut(a, "="); ok && strings.Trim(value, "0123456789kKmMgG") != "" {
			return name, value
		}
		return a, ""
	}
	if i := strings.IndexAny(a, "=:"); i > 0 {
		return a[:i], a[i+1:]
	}
	return a, ""
}
