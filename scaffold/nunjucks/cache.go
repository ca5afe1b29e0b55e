package nunjucks

import (
	"container/list"
	"sync"
)

// What an Engine keeps: a skeleton's files and then some.
const (
	cachedTemplates = 512
	cachedBytes     = 4 << 20 // of source; a tree is some ten times as large
)

// cache keeps the templates used last, by source.
type cache struct {
	mu        sync.Mutex
	templates map[string]*list.Element // of *Template
	recent    *list.List               // most recent first
	bytes     int
	maxCount  int
	maxBytes  int
}

func newCache(maxCount, maxBytes int) *cache {
	return &cache{templates: map[string]*list.Element{}, recent: list.New(), maxCount: maxCount, maxBytes: maxBytes}
}

func (c *cache) get(source string) *Template {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.templates[source]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*Template)
}

// put adds t and drops what was not used for longest. A source larger than an
// eighth of the cache is not kept.
func (c *cache) put(source string, t *Template) {
	if len(source) > c.maxBytes/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.templates[source]; ok {
		return
	}
	c.templates[source] = c.recent.PushFront(t)
	c.bytes += len(source)
	for c.recent.Len() > c.maxCount || c.bytes > c.maxBytes {
		oldest := c.recent.Back()
		c.recent.Remove(oldest)
		old := oldest.Value.(*Template).source
		delete(c.templates, old)
		c.bytes -= len(old)
	}
}
