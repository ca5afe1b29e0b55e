// Package safehttp reads files from web servers that an operator named, and from
// nowhere else: over HTTPS, from public addresses, with a bound on size and time, and
// without following a redirect to a host that was not named.
//
// Start from Client.
package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Bounds of one read.
const (
	MaxBytes = 5 << 20
	Timeout  = 10 * time.Second
)

// Client reads from Hosts. It is safe for concurrent use.
type Client struct {
	hosts []string
	http  *http.Client
}

// New returns a client for hosts, each as host or host:port in lower case; another
// port than 443 has to be named.
func New(hosts []string) *Client { return newClient(hosts, Public, nil) }

func newClient(hosts []string, allowed func(netip.Addr) bool, transport func(*http.Transport)) *Client {
	dialer := &net.Dialer{Timeout: Timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%s is no address: %w", address, err)
		}
		if !allowed(at.Addr().Unmap()) {
			return fmt.Errorf("%s is no public address", at.Addr())
		}
		return nil
	}}
	t := &http.Transport{ // no Proxy: it would connect in our place, unchecked
		DialContext: dialer.DialContext, TLSHandshakeTimeout: Timeout, ResponseHeaderTimeout: Timeout,
		MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	if transport != nil {
		transport(t)
	}
	c := &Client{hosts: hosts}
	c.http = &http.Client{Transport: t, Timeout: Timeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= 3 {
			return errors.New("it redirects too often")
		}
		return c.check(r.URL)
	}}
	return c
}

// Allows reports whether an address may be read.
func (c *Client) Allows(address string) bool {
	u, err := url.Parse(address)
	return err == nil && c.check(u) == nil
}

func (c *Client) check(u *url.URL) error {
	switch {
	case u.Scheme != "https":
		return fmt.Errorf("%s is not read: only https is", u.Redacted())
	case u.User != nil:
		return fmt.Errorf("%s is not read: it holds a user", u.Redacted())
	case !slices.Contains(c.hosts, strings.ToLower(u.Host)):
		return fmt.Errorf("the host %s is not read: its operator has to allow it", u.Host)
	}
	return nil
}

// Read returns what is at an address. An error with fs.ErrNotExist in its chain says
// that nothing is there.
func (c *Client) Read(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("no address: %w", err)
	}
	if err := c.check(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("no address: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", u.Redacted(), err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return nil, fmt.Errorf("reading %s: %w", u.Redacted(), fs.ErrNotExist)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("reading %s: it answers %s", u.Redacted(), res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", u.Redacted(), err)
	case len(data) > MaxBytes:
		return nil, fmt.Errorf("reading %s: it is larger than %d MB", u.Redacted(), MaxBytes>>20)
	}
	return data, nil
}

// Public reports whether an address belongs to the public internet: no loopback,
// private, link-local (where clouds keep their metadata), multicast or reserved one.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// reserved are the blocks of IANA's special-purpose registries that netip does not
// know, those that carry an IPv4 address inside among them.
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}
