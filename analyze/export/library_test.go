package export

import "testing"

func TestLibraryOf(t *testing.T) {
	for _, c := range []struct{ url, source, name, version string }{
		{"file:/app/lib/postgresql-8.4-702.jdbc4.jar", "postgresql-8.4-702.jdbc4.jar", "postgresql", "8.4-702.jdbc4"},
		{"file:/app/lib/commons-lang3-3.12.0.jar", "commons-lang3-3.12.0.jar", "commons-lang3", "3.12.0"},
		{"file:/app/lib/log4j-1.2-api-2.17.1.jar", "log4j-1.2-api-2.17.1.jar", "log4j-1.2-api", "2.17.1"},
		{"file:/app/lib/slf4j-api-2.0.0-alpha-1.jar", "slf4j-api-2.0.0-alpha-1.jar", "slf4j-api", "2.0.0-alpha-1"},
		{"file:/app/lib/guava-31.1-jre.jar", "guava-31.1-jre.jar", "guava", "31.1-jre"},
		{"file:/app/lib/netty-epoll-4.1.94.Final-linux-x86_64.jar", "netty-epoll-4.1.94.Final-linux-x86_64.jar", "netty-epoll", "4.1.94.Final-linux-x86_64"},
		{"file:/app/lib/app-1.0-SNAPSHOT.jar", "app-1.0-SNAPSHOT.jar", "app", "1.0-SNAPSHOT"},
		{"file:/app/lib/plain.jar", "plain.jar", "plain", ""},
		{"jar:file:/app.jar!/BOOT-INF/lib/x-1.0.jar!/", "x-1.0.jar", "x", "1.0"},
		{"file:/app/classes/", "classes", "classes", ""},
		{"jrt:/java.sql", "java.sql", "java.sql", ""},
		{"http://host/lib/y-2.jar?token=abc", "y-2.jar", "y", "2"},
		{"file:/app/-1.jar", "-1.jar", "-1", ""},
		{"file:/", "file", "file", ""},
		{"", "", "", ""},
	} {
		if l := libraryOf(c.url); l != (library{c.source, c.name, c.version}) {
			t.Errorf("%s: %+v", c.url, l)
		}
	}
}
