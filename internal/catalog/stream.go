package catalog

import (
	"iter"
	"strings"
)

// segment is the text of one YAML document within a stream.
type segment struct {
	text string
	line int // of the first line of text, from 1
	// started is true when the document began with "---".
	started bool
	// tags holds the %TAG lines that belong to the document.
	tags []string
	// yaml11 is true after "%YAML 1.1".
	yaml11 bool
	// fault is why the document is wrong before its text is looked at; "" for none.
	fault     string
	faultLine int
}

// documents splits a stream at its document markers. A line that starts with
// "---" or "..." and a blank ends a document wherever it stands, even within a
// quoted or a block scalar, so that the pieces can be read one by one and a
// broken one spoils no other.
func documents(stream string) iter.Seq[segment] {
	return func(yield func(segment) bool) {
		var (
			doc       *segment // the document being collected; nil between documents
			from      int      // where its text begins
			next      segment  // directives for the document to come
			directive bool
			line      int
			lost      bool // whether the text up to the next marker is passed over
		)
		begin := func(at int, started bool) {
			next.line, next.started = line, started
			if directive && !started {
				next.fault, next.faultLine = "directives have to be followed by a line '---'", line
			}
			d := next
			doc, next, directive, from, lost = &d, segment{}, false, at, false
		}
		end := func(at int) bool {
			if doc == nil {
				return true
			}
			doc.text = stream[from:at]
			d := *doc
			doc = nil
			return yield(d)
		}
		for at := 0; at < len(stream); {
			line++
			width := strings.IndexByte(stream[at:], '\n') + 1
			if width == 0 {
				width = len(stream) - at
			}
			text := strings.TrimRight(stream[at:at+width], "\r\n")
			switch {
			case isMarker(text, "---"):
				if !end(at) {
					return
				}
				begin(at, true)
			case isMarker(text, "..."):
				if doc == nil {
					begin(at, false) // an empty document
				}
				if rest := text[3:]; !isBlank(rest) {
					doc.fault, doc.faultLine = "nothing may follow '...' on its line", line
					lost = true
				}
				if !end(at) {
					return
				}
			case doc != nil, lost:
			case strings.HasPrefix(text, "%"):
				directive = true
				next.addDirective(text, line)
			case !isBlank(text):
				begin(at, false)
			}
			at += width
		}
		end(len(stream))
	}
}

func isMarker(line, marker string) bool {
	rest, ok := strings.CutPrefix(line, marker)
	return ok && (rest == "" || strings.IndexByte(" \t\r", rest[0]) >= 0)
}

// isBlank reports a line of blanks, or a comment.
func isBlank(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line == "" || line[0] == '#'
}

func (s *segment) addDirective(text string, line int) {
	fields := strings.Fields(text)
	switch fields[0] {
	case "%TAG":
		s.tags = append(s.tags, text)
	case "%YAML":
		if len(fields) < 2 || fields[1] != "1.1" && fields[1] != "1.2" && !isVersion(fields[1]) {
			s.fault, s.faultLine = "%YAML takes a version, such as 1.2", line
			return
		}
		s.yaml11 = fields[1] == "1.1"
	}
}

// isVersion reports digits, a dot, digits.
func isVersion(s string) bool {
	major, minor, ok := strings.Cut(s, ".")
	return ok && coreInt.MatchString(major) && coreInt.MatchString(minor)
}
