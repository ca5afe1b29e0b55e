package checks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// kubernetesConfiguration is check 6 of spec 7.2, which names it only. The
// manifests in the path's folders are decoded as strictly as an API server would,
// and Deployments and StatefulSets need probes, requests and limits, a user that
// is not root and an image with a tag.
//
// What the server would refuse and privileged containers are non-compliant, what
// lacks something is partial. No manifests are non-compliant where the path
// requires them and not applicable elsewhere; Helm charts, templates and custom
// resources are named and not judged, and alone they make the check not
// applicable.
func kubernetesConfiguration() Check {
	return Check{
		ID:    "kubernetes-configuration",
		Name:  "Kubernetes Configuration",
		Asks:  "Does the service start, stay up and keep to itself in the cluster?",
		Why:   "Probes, limits and a user without rights are what keeps one bad pod from becoming an outage.",
		Wants: kubernetesWants,
		Applies: func(s *Subject) (bool, string) {
			return len(s.Path.Manifests.Dirs) > 0, "This path has no folders for manifests"
		},
		Run: runKubernetes,
	}
}

func kubernetesWants(g config.GoldenPath) repo.Want {
	var want repo.Want
	for _, dir := range g.Manifests.Dirs {
		want.Dirs = append(want.Dirs, repo.Dir{Path: dir, Depth: manifestDepth})
	}
	return want
}

func runKubernetes(s *Subject) Result {
	var a answer
	m := readManifests(s.Snapshot, s.Path.Manifests.Dirs)
	a.notes = append(a.notes, m.passed...)
	for _, p := range m.refused {
		a.fault(p.File, p.Line, "A manifest with a mistake is refused at the worst moment: while deploying.", "%s", p.Message)
	}
	privileged := false
	for _, w := range m.workloads {
		privileged = s.judge(&a, m, w) || privileged
	}
	if len(m.workloads) == 0 && len(m.refused) == 0 {
		return s.noWorkload(&a, m)
	}
	if len(m.refused) > 0 {
		a.remedies = append([]remedy{{say: fmt.Sprintf("Mend the lines named above; %s shows the same before you push.", Code("kubectl apply --dry-run=server -f FILE"))}}, a.remedies...)
	}
	switch {
	case len(m.refused) > 0:
		return a.result(NonCompliant, fmt.Sprintf("Kubernetes would refuse %d %s", len(m.refused), plural(len(m.refused), "thing in the manifests", "things in the manifests")))
	case privileged:
		return a.result(NonCompliant, "A container runs privileged")
	case a.faults() > 0:
		return a.result(Partial, fmt.Sprintf("%d %s in the manifests to mend", a.faults(), plural(a.faults(), "thing", "things")))
	}
	return a.result(Compliant, fmt.Sprintf("%d %s in order", len(m.workloads), plural(len(m.workloads), "workload", "workloads")))
}

func (s *Subject) noWorkload(a *answer, m manifests) Result {
	dirs := make([]string, len(s.Path.Manifests.Dirs))
	for i, d := range s.Path.Manifests.Dirs {
		dirs[i] = d + "/"
	}
	switch {
	case m.unjudged > 0:
		return a.result(NotApplicable, "Nothing that can be judged without rendering it")
	case !s.Path.Manifests.Required && m.known == 0:
		return a.result(NotApplicable, "No Kubernetes manifests, and this path does not ask for them")
	case !s.Path.Manifests.Required:
		return a.result(Compliant, fmt.Sprintf("%d %s in order", m.known, plural(m.known, "object", "objects")))
	}
	a.fault(s.Path.Manifests.Dirs[0]+"/deployment.yaml", 0, "The path "+Text(s.Path.Name)+" deploys to Kubernetes from the repository's own manifests.",
		"no Deployment or StatefulSet under %s", strings.Join(dirs, ", "))
	a.mend(remedy{
		say:  "Add a Deployment; this one has everything the check asks for:",
		file: s.Path.Manifests.Dirs[0] + "/deployment.yaml", lang: "yaml", snippet: s.facts.snippet("deployment"),
	})
	return a.result(NonCompliant, "No Kubernetes manifests")
}

// judge looks at one workload and reports whether a container is privileged.
func (s *Subject) judge(a *answer, m manifests, w workload) (privileged bool) {
	for i, c := range w.pod.InitContainers {
		privileged = s.container(a, m, w, "initContainers", i, c, false) || privileged
	}
	for i, c := range w.pod.Containers {
		privileged = s.container(a, m, w, "containers", i, c, w.serves()) || privileged
	}
	if len(w.pod.Containers) == 0 {
		a.fault(w.file, w.line("containers"), "A pod without containers does not start.", "%s %s has no containers", w.kind, w.name)
	}
	if slices.Contains([]string{"Pod", "ReplicaSet", "ReplicationController"}, w.kind) {
		a.fault(w.file, lineAt(w.node, "kind"), "Nothing rolls it out, or brings it back when its node goes.", "%s %s is on its own: let a Deployment make it", w.kind, w.name)
	}
	single := w.replicas == nil || *w.replicas == 1
	if w.kind == "Deployment" && single && !m.scaled[w.name] {
		a.advise(w.file, lineAt(w.node, "spec", "replicas"), "With two replicas the service survives the loss of a node; a HorizontalPodAutoscaler does as well.",
			"Deployment %s runs a single replica", w.name)
	}
	return privileged
}

// lacking is what a container lacks, for the snippet.
type lacking struct {
	Container, Image                                   string
	Latest, Readiness, Liveness, Resources, Privileged bool
	Root, Own                                          bool
}

func (s *Subject) container(a *answer, m manifests, w workload, list string, i int, c corev1.Container, probes bool) (privileged bool) {
	line := func(keys ...string) int { return w.line(append([]string{list, strconv.Itoa(i)}, keys...)...) }
	x := lacking{Container: plain(c.Name, "app"), Image: plain(imageName(c.Image), "ghcr.io/"+s.facts.Slug)}
	before := a.faults()
	fault := func(line int, why, format string, args ...any) {
		a.fault(w.file, line, why, "%s %s, container %s: %s", w.kind, w.name, c.Name, fmt.Sprintf(format, args...))
	}
	if probes && c.ReadinessProbe == nil {
		x.Readiness = true
		fault(line(), "Without a readiness probe traffic goes to pods that cannot answer yet.", "no readinessProbe")
	}
	if probes && c.LivenessProbe == nil {
		x.Liveness = true
		fault(line(), "Without a liveness probe a pod that hangs stays.", "no livenessProbe")
	}
	if missing := missingResources(c); list == "containers" && len(missing) > 0 {
		x.Resources = true
		fault(line("resources"), "Requests place a pod where it fits, and a memory limit keeps it from taking its neighbours along.", "no %s", strings.Join(missing, ", "))
	}
	if !nonRoot(w.pod.SecurityContext, c.SecurityContext) {
		x.Root = true
		fault(line("securityContext"), "As root, a hole in the service is a hole in the node.", "runAsNonRoot is not set")
	}
	if c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged {
		x.Privileged, privileged = true, true
		fault(line("securityContext", "privileged"), "A privileged container owns the node.", "runs privileged")
	}
	if problem := imageProblem(c.Image); problem != "" && !m.images[imageName(c.Image)] {
		x.Latest = true
		fault(line("image"), "Without a tag nobody can say what runs, nor go back to it.", "%s", problem)
	}
	x.Own = x.Latest || x.Readiness || x.Liveness || x.Resources || x.Privileged
	if a.faults() > before {
		s.mendContainer(a, w, x)
	}
	return privileged
}

// mendContainer adds a snippet, or the workload to one that says the same already.
func (s *Subject) mendContainer(a *answer, w workload, x lacking) {
	snippet := s.facts.snippetWith("container", x)
	name := Code(w.file) + " (" + Code(w.kind+" "+w.name) + ")"
	for i, r := range a.remedies {
		if r.snippet == snippet {
			if !slices.Contains(r.names, name) {
				a.remedies[i].names = append(a.remedies[i].names, name)
			}
			return
		}
	}
	a.mend(remedy{names: []string{name}, say: "in the pod's spec:", lang: "yaml", snippet: snippet})
}

func missingResources(c corev1.Container) []string {
	var out []string
	if c.Resources.Requests.Cpu().IsZero() {
		out = append(out, "resources.requests.cpu")
	}
	// A memory limit without a request is taken as the request.
	if c.Resources.Requests.Memory().IsZero() && c.Resources.Limits.Memory().IsZero() {
		out = append(out, "resources.requests.memory")
	}
	if c.Resources.Limits.Memory().IsZero() {
		out = append(out, "resources.limits.memory")
	}
	return out
}

// nonRoot lets the container's own setting win over the pod's, as Kubernetes does.
// A user other than 0 says the same.
func nonRoot(pod *corev1.PodSecurityContext, c *corev1.SecurityContext) bool {
	if c != nil && c.RunAsNonRoot != nil {
		return *c.RunAsNonRoot
	}
	if c != nil && c.RunAsUser != nil {
		return *c.RunAsUser != 0
	}
	if pod == nil {
		return false
	}
	if pod.RunAsNonRoot != nil {
		return *pod.RunAsNonRoot
	}
	return pod.RunAsUser != nil && *pod.RunAsUser != 0
}

// imageName cuts tag and digest off.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndexByte(image, '/')
	if colon := strings.LastIndexByte(image, ':'); colon > slash {
		return image[:colon]
	}
	return image
}

func imageProblem(image string) string {
	switch {
	case image == "":
		return "no image"
	case strings.Contains(image, "@sha256:") || strings.Contains(image, "$"):
		return ""
	case imageName(image) == image:
		return fmt.Sprintf("the image %s has no tag", image)
	case strings.HasSuffix(image, ":latest"):
		return fmt.Sprintf("the image %s is pinned to nothing", image)
	}
	return ""
}
