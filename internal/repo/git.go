package repo

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkout is what the files under .git say of a working tree.
type checkout struct {
	branch, sha   string
	defaultBranch string
	origin        Name
}

// maxGitFile bounds what is read of one file under .git, in bytes; packed-refs of
// large repositories have a few megabytes.
const maxGitFile = 16 << 20

// readGit reads a checkout's metadata. at is .git, a folder or, in work trees and
// submodules, a file that names one. What cannot be read is left empty: it is for
// names in the report only.
func readGit(at string) (checkout, bool) {
	info, err := os.Stat(at)
	if err != nil {
		return checkout{}, false
	}
	dir := at
	if !info.IsDir() {
		target, ok := strings.CutPrefix(firstLine(at), "gitdir: ")
		if !ok {
			return checkout{}, false
		}
		dir = beside(filepath.Dir(at), target)
	}
	common := dir
	if c := firstLine(filepath.Join(dir, "commondir")); c != "" {
		common = beside(dir, c)
	}
	var out checkout
	head := firstLine(filepath.Join(dir, "HEAD"))
	if ref, ok := strings.CutPrefix(head, "ref: "); ok {
		out.branch = strings.TrimPrefix(ref, "refs/heads/")
		out.sha = refSHA(dir, common, ref)
	} else if isSHA(head) {
		out.sha = head
	}
	if ref, ok := strings.CutPrefix(firstLine(filepath.Join(common, "refs/remotes/origin/HEAD")), "ref: refs/remotes/origin/"); ok {
		out.defaultBranch = ref
	}
	out.origin = originName(filepath.Join(common, "config"))
	return out, true
}

func beside(dir, target string) string {
	if filepath.IsAbs(target) {
		return target
	}
	return filepath.Join(dir, target)
}

func refSHA(dir, common, ref string) string {
	if !filepath.IsLocal(ref) {
		return ""
	}
	for _, d := range []string{dir, common} {
		if sha := firstLine(filepath.Join(d, ref)); isSHA(sha) {
			return sha
		}
	}
	found := ""
	eachLine(filepath.Join(common, "packed-refs"), func(line string) bool {
		sha, name, ok := strings.Cut(line, " ")
		if ok && name == ref && isSHA(sha) {
			found = sha
		}
		return found == ""
	})
	return found
}

func isSHA(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// originName finds owner and name of the remote called origin.
func originName(config string) Name {
	var out Name
	inOrigin := false
	eachLine(config, func(line string) bool {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inOrigin = line == `[remote "origin"]`
			return true
		}
		key, value, ok := strings.Cut(line, "=")
		if inOrigin && ok && strings.TrimSpace(key) == "url" {
			out = nameOfURL(strings.TrimSpace(value))
			return false
		}
		return true
	})
	return out
}

// remoteURL matches the three spellings of a remote: https://host/owner/name.git,
// ssh://git@host/owner/name.git and git@host:owner/name.git.
var remoteURL = regexp.MustCompile(`^(?:[a-z+]+://[^/]+/|[^/:]+:)/?([\w.-]+)/([\w.-]+?)(?:\.git)?/?$`)

func nameOfURL(url string) Name {
	m := remoteURL.FindStringSubmatch(url)
	if m == nil {
		return Name{}
	}
	return Name{Owner: m[1], Repo: m[2]}
}

func firstLine(file string) string {
	out := ""
	eachLine(file, func(line string) bool { out = strings.TrimSpace(line); return false })
	return out
}

// eachLine calls f with every line until it says stop. A file that cannot be read
// has no lines.
func eachLine(file string, f func(string) bool) {
	in, err := os.Open(file)
	if err != nil {
		return
	}
	defer func() { _ = in.Close() }() // nothing was written
	lines := bufio.NewScanner(io.LimitReader(in, maxGitFile))
	for lines.Scan() && f(lines.Text()) {
	}
}
