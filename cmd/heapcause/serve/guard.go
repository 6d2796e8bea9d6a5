package serve

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
)

// guard lets in who may see the heap.
type guard struct {
	token  string
	cookie string // its name: cookies of one host are shared by all ports, so that each server has its own
}

func newGuard() guard {
	var b [32 + 4]byte
	_, _ = rand.Read(b[:]) // never fails
	return guard{hex.EncodeToString(b[:32]), "heapcause-" + hex.EncodeToString(b[32:])}
}

// policy lets pages load and run what the server itself has, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// check answers a request that is refused, or that brings the token, and reports whether another is to be answered.
func (g guard) check(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	origin := r.Header.Get("Origin")
	switch {
	case !loopback(r.Host):
		http.Error(w, "this machine only: the host is to be 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
	case origin != "" && origin != "http://"+r.Host:
		http.Error(w, "requests of other pages are refused", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "nothing can be changed here: GET and HEAD only", http.StatusMethodNotAllowed)
	case r.URL.Query().Has("token"):
		g.admit(w, r)
	case !g.known(r):
		http.Error(w, "open the address that heapcause printed, with its token, in the browser's address bar", http.StatusForbidden)
	default:
		return true
	}
	return false
}

// admit exchanges the token in the address for a cookie, so that it stays neither in the address bar nor in links.
func (g guard) admit(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !same(q.Get("token"), g.token) {
		http.Error(w, "the token is not that of this server", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	q.Del("token")
	to := url.URL{Path: "/", RawQuery: q.Encode()} // a path from the request could name another host
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

func (g guard) known(r *http.Request) bool {
	c, err := r.Cookie(g.cookie)
	return err == nil && same(c.Value, g.token)
}

// same compares without telling by its time how much is alike.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// loopback reports whether a Host header names this machine. The port may be another where one is forwarded.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost"
}
