package export

import (
	"path"
	"regexp"
	"strings"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report/redact"
)

// library is where a class comes from: the last element of its code source, and what that tells of name and version. All are "" where the
// class has no code source, as those of the boot loader.
type library struct{ source, name, version string }

// sources finds the code sources of classes: ProtectionDomain.codesource.location.
type sources struct {
	h     *graph.Heap
	r     *jdk.Reader
	known map[graph.Object]library // by protection domain
}

func newSources(h *graph.Heap) *sources {
	return &sources{h: h, r: jdk.NewReader(h), known: map[graph.Object]library{}}
}

// of returns where the class with a class object comes from.
func (s *sources) of(class graph.Object) library {
	domain := graph.NoObject
	s.h.EachEdge(class, func(e graph.Edge) bool {
		if e.Label.Kind == graph.DomainEdge {
			domain = e.To
		}
		return domain == graph.NoObject
	})
	if domain == graph.NoObject {
		return library{}
	}
	l, ok := s.known[domain]
	if !ok {
		l = libraryOf(s.location(domain))
		s.known[domain] = l
	}
	return l
}

// location returns the URL of a protection domain's code source without credentials, "" where it has none.
func (s *sources) location(domain graph.Object) string {
	url := s.r.Ref(domain, "codesource", "location")
	if url == graph.NoObject {
		return ""
	}
	text := func(field string) string {
		t, _ := s.r.TextAs(graph.URLText, url, maxName, field)
		return t
	}
	where := text("protocol") + ":"
	if host := text("authority"); host != "" {
		where += "//" + host
	}
	return redact.MaskURL(where + text("path"))
}

// libraryOf reads file:/app/lib/postgresql-8.4-702.jdbc4.jar, and the nested form jar:file:/app.jar!/lib/x-1.0.jar!/, and takes
// /app/classes/ for a library of the name classes.
func libraryOf(url string) library {
	if i := strings.IndexAny(url, "?#;"); i >= 0 {
		url = url[:i]
	}
	url = strings.TrimRight(strings.TrimSuffix(url, "!/"), "/")
	source := valid(path.Base(strings.ReplaceAll(url, ":", "/")))
	if url == "" || source == "." || source == "/" {
		return library{}
	}
	name := archive.ReplaceAllString(source, "")
	l := library{source: source, name: name}
	if m := versioned.FindStringSubmatch(name); m != nil {
		l.name, l.version = m[1], m[2]
	}
	return l
}

var (
	archive = regexp.MustCompile(`(?i)\.(jar|war|ear|zip|jmod)$`)
	// versioned finds the version: the last run of parts that begin with a digit, or stand for what comes before a release, and what is
	// behind it: commons-lang3-3.12.0, log4j-1.2-api-2.17.1, postgresql-8.4-702.jdbc4, slf4j-api-2.0.0-alpha-1, guava-31.1-jre.
	versioned = regexp.MustCompile(`^(.*?[^-]|[^-])-((?:\d[^-]*-(?:(?i:alpha|beta|rc|cr|m|milestone|snapshot|pre|ea|b)-)?)*\d[^-]*(?:-[^-\d][^-]*)*)$`)
)
