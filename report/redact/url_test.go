package redact

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMaskURL(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain JDBC", "jdbc:postgresql://db:5432/shop?ssl=true", "jdbc:postgresql://db:5432/shop?ssl=true"},
		{"PostgreSQL", "jdbc:postgresql://h/db?user=u1&password=hunter2&ssl=true", "jdbc:postgresql://h/db?user=***&password=***&ssl=true"},
		{"unescaped &", "jdbc:postgresql://h/db?password=hun&ter2&ssl=true", "jdbc:postgresql://h/db?password=***&ssl=true"},
		{"SQL Server", "jdbc:sqlserver://h:1433;databaseName=x;user=u1;password={hun;ter2};encrypt=true", "jdbc:sqlserver://h:1433;databaseName=x;user=***;password=***;encrypt=true"},
		{"Oracle thin", "jdbc:oracle:thin:scott/tiger@host:1521:sid", "jdbc:oracle:thin:***@host:1521:sid"},
		{"Oracle service", "jdbc:oracle:thin:scott/tiger@//host:1521/svc", "jdbc:oracle:thin:***@//host:1521/svc"},
		{"Oracle with slashes", "jdbc:oracle:thin:scott/ti//ger@host", "jdbc:oracle:thin:***@host"},
		{"Oracle without", "jdbc:oracle:thin:@host:1521:sid", "jdbc:oracle:thin:@host:1521:sid"},
		{"MySQL user information", "jdbc:mysql://u1:hunter2@h:3306/db", "jdbc:mysql://***@h:3306/db"},
		{"MySQL pairs", "jdbc:mysql://address=(host=h)(user=u1)(password=hunter2)/db", "jdbc:mysql://address=(host=h)(user=***)(password=***)/db"},
		{"MySQL list", "jdbc:mysql://(host=h,user=u1,password=hunter2)/db", "jdbc:mysql://(host=h,user=***,password=***)/db"},
		{"DB2", "jdbc:db2://h:50000/db:user=u1;password=hunter2;", "jdbc:db2://h:50000/db:user=***;password=***;"},
		{"H2", "jdbc:h2:mem:test;USER=sa;PASSWORD=hunter2", "jdbc:h2:mem:test;USER=***;PASSWORD=***"},
		{"jTDS", "jdbc:jtds:sqlserver://h/db;password=hunter2;user=u1", "jdbc:jtds:sqlserver://h/db;password=***;user=***"},
		{"several hosts", "jdbc:postgresql://h1:5432,h2:5432/db", "jdbc:postgresql://h1:5432,h2:5432/db"},
		{"IPv6", "http://[::1]:8080/a", "http://[::1]:8080/a"},
		{"user information", "https://u1:hunter2@h/p", "https://***@h/p"},
		{"token as user", "https://hunter2@h/p", "https://***@h/p"},
		{"password with @ and /", "amqp://u1:hun@ter/2@h:5672/v", "amqp://***@h:5672/v"},
		{"no end of password", "redis://u1:hunter2", "redis://***"},
		{"query", "https://h/p?q=hunter2&page=3#access_token=hunter2", "https://h/p?q=***&page=***"},
		{"bare query", "https://h/p?hunter2", "https://h/p?***"},
		{"token in the path", "https://hooks/services/T0aaaaaB1bbbbbbbbb/x", "https://hooks/services/***/x"},
		{"path parameter", "http://h/p;jsessionid=hunter2", "http://h/p;jsessionid=***"},
		{"mail", "mailto:u1@h", "mailto:***"},
		{"data", "data:text/plain,hunter2", "data:***"},
		{"jar", "jar:file:/app/lib/x.jar!/", "jar:file:/app/lib/x.jar!/"},
		{"no URL", "hunter2", `"***" (7 chars)`},
		{"empty", "", `"***" (0 chars)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := MaskURL(tt.in)
			if got != tt.want {
				t.Errorf("MaskURL(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
			for _, secret := range []string{"hunter2", "u1", "tiger", "ter"} {
				if strings.Contains(got, secret) && !strings.Contains(tt.want, secret) {
					t.Errorf("MaskURL(%q) = %q shows %q", tt.in, got, secret)
				}
			}
		})
	}
}

func FuzzMaskURL(f *testing.F) {
	for _, s := range []string{
		"jdbc:oracle:thin:a/b@c", "https://a:b@c/d?e=f#g", "jdbc:sqlserver://h;password={a;b}", "a:", "jdbc:", "jdbc://@", "x:%=?&;=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := MaskURL(s); !utf8.ValidString(got) {
			t.Errorf("MaskURL(%q) = %q is not UTF-8", s, got)
		}
	})
}

// FuzzURLPassword puts any password where drivers look for one.
func FuzzURLPassword(f *testing.F) {
	for _, s := range []string{"hunter2", "a@b", "a/b", "a?b", "a;b", "a&b", "a//b", "a:b", "{", "}", "a=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// A mark that no driver's syntax contains shows what is left of the password.
		const mark = "ZQJX"
		for _, form := range []string{
			"https://u:PW@host/x", "jdbc:mysql://u:PW@host/x", "jdbc:oracle:thin:u/PW@host",
			"jdbc:postgresql://host/x?password=PW", "jdbc:sqlserver://host;password=PW",
			"jdbc:h2:mem:x;PASSWORD=PW", "https://host/x?token=PW",
		} {
			if strings.ContainsAny(s, "=") {
				continue // a password that looks like further parameters
			}
			in := strings.Replace(form, "PW", mark+s+mark, 1)
			if got := MaskURL(in); strings.Contains(got, mark) {
				t.Errorf("MaskURL(%q) = %q", in, got)
			}
		}
	})
}
