package github

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gregjones/httpcache"
)

// maxCachedAnswer keeps one large answer from emptying the cache.
const maxCachedAnswer = 1 << 20

// lru holds answers for conditional requests, least recently used out first,
// never more than limit bytes of keys and answers. (httpcache's own memory cache
// grows without end.)
type lru struct {
	mu    sync.Mutex
	limit int64
	size  int64
	byKey map[string]*cached
	ring  cached // ring.next is the most, ring.prev the least recently used
}

type cached struct {
	prev, next *cached
	key        string
	answer     []byte
}

func (c *cached) size() int64 { return int64(len(c.key) + len(c.answer)) }

func newLRU(limit int64) *lru {
	l := &lru{limit: limit, byKey: map[string]*cached{}}
	l.ring.prev, l.ring.next = &l.ring, &l.ring
	return l
}

// partition is the cache as one installation sees it: what one may read,
// another may not.
func (l *lru) partition(installationID int64) httpcache.Cache {
	return partition{lru: l, prefix: strconv.FormatInt(installationID, 10) + " "}
}

type partition struct {
	lru    *lru
	prefix string
}

func (p partition) Get(key string) ([]byte, bool) { return p.lru.get(p.prefix + key) }
func (p partition) Set(key string, answer []byte) { p.lru.set(p.prefix+key, answer) }
func (p partition) Delete(key string)             { p.lru.remove(p.prefix + key) }

func (l *lru) get(key string) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry, ok := l.byKey[key]
	if !ok {
		return nil, false
	}
	entry.unlink()
	l.link(entry)
	return entry.answer, true
}

func (l *lru) set(key string, answer []byte) {
	l.remove(key)
	entry := &cached{key: key, answer: answer}
	if entry.size() > min(maxCachedAnswer, l.limit) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, ok := l.byKey[key]; ok { // set by another meanwhile
		l.drop(old)
	}
	l.link(entry)
	l.byKey[key] = entry
	l.size += entry.size()
	for l.size > l.limit {
		l.drop(l.ring.prev)
	}
}

func (l *lru) remove(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry, ok := l.byKey[key]; ok {
		l.drop(entry)
	}
}

func (l *lru) drop(entry *cached) {
	entry.unlink()
	delete(l.byKey, entry.key)
	l.size -= entry.size()
}

// link makes an entry the most recently used.
func (l *lru) link(entry *cached) {
	entry.prev, entry.next = &l.ring, l.ring.next
	entry.prev.next, entry.next.prev = entry, entry
}

func (c *cached) unlink() { c.prev.next, c.next.prev = c.next, c.prev }

// revalidate makes every stored answer stale at once, so that it is used only
// after GitHub said 304: a webhook just told us that something changed.
type revalidate struct{ next http.RoundTripper }

func (r revalidate) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
		resp.Header.Set("Cache-Control", "private, max-age=0")
	}
	resp.Header.Del("Expires")
	return resp, nil
}
