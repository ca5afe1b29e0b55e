package action

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const (
	maxName = 255  // bytes of one name, what ext4, NTFS and APFS take
	maxPath = 1024 // bytes of a path below the workspace
)

// undoFolder is where Workspace.Atomically keeps what it may have to put back.
const undoFolder = ".cairn-undo"

// localPath cleans name, which is written with slashes and counts from a folder.
// The result is "." for the folder itself.
func localPath(name string, depth int) (string, error) {
	if path.IsAbs(name) {
		return "", fmt.Errorf("path %q: %w", shorten(name), ErrOutside)
	}
	clean := path.Clean(name)
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("path %q: %w", shorten(name), ErrOutside)
	}
	if clean == "." {
		return clean, nil
	}
	if len(clean) > maxPath {
		return "", fmt.Errorf("path %q: %w: a path has at most %d bytes, this one %d", shorten(name), ErrLimit, maxPath, len(clean))
	}
	parts := strings.Split(clean, "/")
	if len(parts) > depth {
		return "", fmt.Errorf("path %q: %w: a path has at most %d names, this one %d", shorten(name), ErrLimit, depth, len(parts))
	}
	for _, part := range parts {
		if err := checkName(part); err != nil {
			return "", fmt.Errorf("path %q: %w", shorten(name), err)
		}
	}
	return clean, nil
}

// checkName refuses a name that another system cannot check out or that means
// something to the system or to git.
func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("%w: a name has at most %d bytes, this one %d", ErrLimit, maxName, len(name))
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%w: it has a control character", ErrName)
	}
	if strings.Contains(name, `\`) {
		return fmt.Errorf(`%w: it has a backslash, which Windows reads as a folder`, ErrName)
	}
	if strings.EqualFold(name, ".git") || strings.EqualFold(name, undoFolder) {
		return fmt.Errorf("%w: %s is reserved", ErrName, name)
	}
	if reserved(name) {
		return fmt.Errorf("%w: Windows reserves %s", ErrName, name)
	}
	return nil
}

// reserved reports whether name is a device on Windows, with any extension
// (Microsoft, "Naming Files, Paths, and Namespaces").
func reserved(name string) bool {
	if i := strings.IndexAny(name, ".:"); i >= 0 {
		name = name[:i]
	}
	name = strings.ToUpper(strings.TrimRight(name, " "))
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, isPort := strings.CutPrefix(name, "COM")
	if !isPort {
		port, isPort = strings.CutPrefix(name, "LPT")
	}
	return isPort && port != "" && slices.Contains([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"}, port)
}

// shorten keeps a hostile name from filling an error.
func shorten(name string) string {
	if len(name) <= 120 {
		return name
	}
	return name[:120] + "…"
}
