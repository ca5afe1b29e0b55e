package action

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// isBinary reports whether Backstage (isbinaryfile 5) takes a file for binary, by
// its first 512 bytes.
func isBinary(data []byte) bool {
	head := data[:min(len(data), 512)]
	for _, mark := range []string{"\xef\xbb\xbf", "\x00\x00\xfe\xff", "\xff\xfe\x00\x00", "\x84\x31\x95\x33"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return false
		}
	}
	if bytes.HasPrefix(head, []byte("%PDF-")) {
		return true
	}
	if bytes.HasPrefix(head, []byte("\xfe\xff")) || bytes.HasPrefix(head, []byte("\xff\xfe")) {
		return false
	}
	suspicious := 0
	for i := 0; i < len(head); i++ {
		c := head[i]
		if c == 0 {
			return true
		}
		if c >= 7 && c <= 14 || c >= 32 && c <= 127 {
			continue
		}
		skip, good := multibyte(head[i:])
		i += skip
		if good {
			continue
		}
		suspicious++
		if i >= 32 && suspicious*100 > 10*len(head) {
			return true
		}
	}
	if suspicious*100 > 10*len(head) {
		return true
	}
	return suspicious > 1 && isProtobuf(head)
}

// multibyte looks at the UTF-8 sequence that head starts with. It says how many
// more bytes the check steps over, which it does for the first of them even when
// the sequence is broken, and whether the sequence is whole.
func multibyte(head []byte) (skip int, good bool) {
	n := 0
	switch c := head[0]; {
	case c >= 0xc0 && c <= 0xdf:
		n = 1
	case c >= 0xe0 && c <= 0xef:
		n = 2
	case c >= 0xf0 && c <= 0xf7:
		n = 3
	}
	if n == 0 || len(head) <= n {
		return 0, false
	}
	for _, c := range head[1 : n+1] {
		if c < 0x80 || c > 0xbf {
			return 1, false
		}
	}
	return n, true
}

// isProtobuf reports whether head reads as fields of a Protobuf message.
func isProtobuf(head []byte) bool {
	fields := 0
	for at := 0; ; fields++ {
		tag, next, ok := varint(head, at)
		if !ok {
			return fields > 0
		}
		switch tag & 7 {
		case 0:
			_, next, ok = varint(head, next)
		case 1:
			next += 8
		case 2:
			var size int32
			size, next, ok = varint(head, next)
			next += int(max(size, 0))
		case 5:
			next += 4
		default:
			return false
		}
		if !ok || next > len(head) {
			return fields > 0
		}
		at = next
	}
}

// varint reads a number as 32 bits, whose shifts wrap as JavaScript's do.
func varint(head []byte, at int) (n int32, next int, ok bool) {
	for shift := 0; at < len(head); shift += 7 {
		c := head[at]
		at++
		n |= int32(c&0x7f) << (shift & 31)
		if c&0x80 == 0 {
			return n, at, true
		}
	}
	return n, at, false
}

// decodeText reads data as Node reads a file's text: every broken UTF-8 sequence
// becomes one U+FFFD (WHATWG Encoding, "UTF-8 decoder": one for each maximal
// subpart).
func decodeText(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	text, err := unicode.UTF8.NewDecoder().Bytes(data)
	if err != nil {
		return string(data) // this decoder has no errors
	}
	return string(text)
}
