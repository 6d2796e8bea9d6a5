package loaders

import (
	"strconv"
	"strings"

	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Bounds of reading the URLs of loaders.
const (
	maxURLs       = 1000 // of one loader
	maxURLLoaders = 2000 // of one class: of more of them the other rule speaks
	maxURLText    = 1000
)

// urls returns the URLs that a URLClassLoader, or a built-in one of the JDK, searches: content of the dump. Tomcat's loaders of web
// applications have a list of their own.
func urls(r *jdk.Reader, loader graph.Object) []string {
	var objects []graph.Object
	for _, path := range [][]string{{"ucp", "path"}, {"localRepositories"}} {
		r.Elements(r.Ref(loader, path...), func(o graph.Object) bool {
			objects = append(objects, o)
			return len(objects) < maxURLs
		})
	}
	var out []string
	for _, o := range objects {
		if s := urlText(r, o); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// urlText puts a java.net.URL together from its fields.
func urlText(r *jdk.Reader, o graph.Object) string {
	protocol, ok := r.Name(o, maxURLText, "protocol")
	if !ok {
		return ""
	}
	var b strings.Builder
	b.WriteString(protocol + ":")
	if host, _ := r.Name(o, maxURLText, "host"); host != "" {
		b.WriteString("//" + host)
		if port, ok := r.Int(o, "port"); ok && port > 0 {
			b.WriteString(":" + strconv.FormatInt(port, 10))
		}
	}
	file, _ := r.TextAs(graph.URLText, o, maxURLText, "file")
	b.WriteString(file)
	return b.String()
}
