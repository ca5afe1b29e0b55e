package githubsim

import "slices"

// RequestAction presses a button that a check run offers; GitHub's text about
// check runs calls it a requested action.
func (s *Server) RequestAction(owner, name string, id int64, identifier, actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil {
		return refused("no repository %s/%s or person %q", owner, name, actor)
	}
	c := s.run(r, id)
	if c == nil || !slices.ContainsFunc(c.Actions, func(a CheckAction) bool { return a.Identifier == identifier }) {
		return refused("the check run offers no %q any more", identifier)
	}
	s.emit("check_run", "requested_action", s.state.installationOf(r), r, who, obj{
		"check_run": s.checkRunEvent(r, c), "requested_action": obj{"identifier": identifier},
	})
	return nil
}
