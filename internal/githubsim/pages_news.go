package githubsim

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// DeliveryLog is the scope of the delivery log, see Fingerprint.
const DeliveryLog = "_deliveries"

// Fingerprint changes when what the pages of a scope show changes. A scope is
// "owner/name", "owner" for all its repositories, or DeliveryLog.
func (s *Server) Fingerprint(scope string) string {
	h := fnv.New64a()
	if scope == DeliveryLog {
		for _, d := range s.Deliveries() {
			fmt.Fprintln(h, d.ID, d.StatusCode)
		}
		return strconv.FormatUint(h.Sum64(), 36)
	}
	owner, name, one := strings.Cut(scope, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.state.sorted() {
		if strings.EqualFold(r.Owner.Login, owner) && (!one || strings.EqualFold(r.Name, name)) {
			r.fingerprint(h)
		}
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func (r *Repository) fingerprint(h io.Writer) {
	fmt.Fprintln(h, r.ID, r.Name, r.Description, r.Archived, r.Visibility, r.Topics, r.DefaultBranch)
	for _, ref := range slices.Sorted(maps.Keys(r.Git.Refs)) {
		fmt.Fprintln(h, ref, r.Git.Refs[ref])
	}
	for _, number := range slices.Sorted(maps.Keys(r.Issues)) {
		i := r.Issues[number]
		fmt.Fprintln(h, number, i.State, len(i.Title), i.Title, len(i.Body), i.Body, len(i.Labels))
		for _, reaction := range i.Reactions {
			fmt.Fprintln(h, reaction.ID)
		}
		for _, c := range i.Comments {
			fmt.Fprintln(h, c.ID, len(c.Body), c.Body)
			for _, reaction := range c.Reactions {
				fmt.Fprintln(h, reaction.ID)
			}
		}
	}
	for _, suite := range r.Suites {
		fmt.Fprintln(h, suite.ID, suite.Status())
		for _, c := range suite.Runs {
			fmt.Fprintln(h, c.ID, c.Status, c.Conclusion, c.Title, c.Summary, c.Text, len(c.Annotations), c.CompletedAt)
		}
	}
	for _, d := range r.Deployments {
		fmt.Fprintln(h, d.ID, len(d.Statuses))
	}
}
