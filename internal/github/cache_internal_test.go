package github

import (
	"bytes"
	"fmt"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	cache := newLRU(1000)
	one, two := cache.partition(1), cache.partition(2)
	one.Set("a", bytes.Repeat([]byte("a"), 300))
	one.Set("b", bytes.Repeat([]byte("b"), 300))
	two.Set("a", bytes.Repeat([]byte("2"), 300))
	one.Get("a") // now b is the least recently used
	one.Set("c", bytes.Repeat([]byte("c"), 300))
	one.Set("huge", bytes.Repeat([]byte("h"), 2000))
	got := ""
	for _, key := range []string{"a", "b", "c", "huge"} {
		if _, ok := one.Get(key); ok {
			got += key
		}
	}
	if text, ok := two.Get("a"); !ok || text[0] != '2' || got != "ac" {
		t.Errorf("kept %q, the other installation's: %v", got, ok)
	}
	one.Delete("a")
	if _, ok := one.Get("a"); ok {
		t.Error("deleted and still there")
	}
	for i := range 1000 {
		one.Set(fmt.Sprint(i), make([]byte, 100))
		if cache.size > cache.limit {
			t.Fatalf("%d bytes, the limit is %d", cache.size, cache.limit)
		}
	}
	one.Set("again", make([]byte, 100))
	one.Set("again", make([]byte, 50))
	if text, _ := one.Get("again"); len(text) != 50 {
		t.Errorf("%d bytes", len(text))
	}
}
