package safehttp

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "10.1.2.3": false, "192.168.0.1": false, "172.16.0.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "::1": false, "::": false, "fe80::1": false, "fd00::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false, "240.0.0.1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s public: %t, want %t", text, got, want)
		}
	}
}

// serve starts a server and a client that may reach it although it is on this machine.
func serve(t *testing.T, h http.HandlerFunc) (*Client, *url.URL) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	trust := func(tr *http.Transport) {
		tr.TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
	}
	return newClient([]string{u.Host}, func(netip.Addr) bool { return true }, trust), u
}

func TestRead(t *testing.T) {
	elsewhere := httptest.NewTLSServer(http.NotFoundHandler())
	defer elsewhere.Close()
	c, u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.yaml":
			w.Write([]byte("kind: Component"))
		case "/here":
			http.Redirect(w, r, "/a.yaml", http.StatusFound)
		case "/away":
			http.Redirect(w, r, elsewhere.URL+"/a.yaml", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/a.yaml", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/large":
			w.Write(make([]byte, MaxBytes+1))
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		default:
			http.NotFound(w, r)
		}
	})
	for path, want := range map[string]string{
		"/a.yaml": "", "/here": "", "/away": "is not read", "/plain": "only https", "/round": "too often",
		"/large": "larger than 5 MB", "/broken": "502", "/none": "file does not exist",
	} {
		data, err := c.Read(t.Context(), u.JoinPath(path).String())
		switch {
		case want == "" && (err != nil || string(data) != "kind: Component"):
			t.Errorf("%s: %q, %v", path, data, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want …%s…", path, err, want)
		}
		if want == "file does not exist" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is not fs.ErrNotExist", path, err)
		}
	}
	for _, address := range []string{"http://" + u.Host + "/a.yaml", "https://example.com/a.yaml", "file:///etc/passwd", "https://x@" + u.Host + "/a.yaml", "https://" + u.Host + ".evil.example/a.yaml", "::"} {
		if _, err := c.Read(t.Context(), address); err == nil {
			t.Errorf("%s was read", address)
		}
	}
}

// A name that leads to this machine is no way in.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	called := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{u.Host, "localhost:" + u.Port()} {
		if _, err := New([]string{host}).Read(t.Context(), "https://"+host+"/"); err == nil || !strings.Contains(err.Error(), "no public address") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if called {
		t.Error("the server was reached")
	}
}
