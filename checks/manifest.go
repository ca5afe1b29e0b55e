package checks

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// manifests is what the manifest folders of a repository hold.
type manifests struct {
	workloads []workload
	known     int             // objects that Kubernetes itself knows, workloads included
	refused   []Place         // what an API server would refuse
	passed    []string        // Markdown: what was passed over, and why
	objects   int             // documents and items of lists, of any kind
	unjudged  int             // files or objects that may hold workloads, but are not judged
	scaled    map[string]bool // names of workloads with an autoscaler or kustomize replicas
	images    map[string]bool // names of images that kustomize sets a tag for
}

// workload is an object that runs containers.
type workload struct {
	file     string
	node     *yaml.Node
	kind     string
	name     string
	replicas *int32
	pod      corev1.PodSpec
	podPath  []string // of the pod's spec in the object
}

// serves reports whether the kind answers requests, so that probes make sense.
func (w workload) serves() bool { return w.kind == "Deployment" || w.kind == "StatefulSet" }

// line returns the deepest known line below the pod's spec.
func (w workload) line(keys ...string) int {
	return lineAt(w.node, append(append([]string{}, w.podPath...), keys...)...)
}

// maxManifests bounds the files that are looked at, and maxObjects what is in them.
const (
	maxManifests = 500
	maxObjects   = 2_000
)

// readManifests reads everything under dirs.
func readManifests(s *repo.Snapshot, dirs []string) manifests {
	m := manifests{scaled: map[string]bool{}, images: map[string]bool{}}
	var files []repo.File
	charts := map[string]bool{}
	for _, dir := range dirs {
		m.refused = append(m.refused, tooDeep(s, dir)...)
		for _, f := range s.Under(dir) {
			if chart := path.Dir(f.Path); path.Base(f.Path) == "Chart.yaml" && len(s.Under(path.Join(chart, "templates"))) > 0 {
				charts[chart] = true
			}
			files = append(files, f)
		}
	}
	patches := m.kustomizations(files)
	seen := map[string]bool{}
	for _, f := range files {
		if !isManifest(f) || seen[f.Path] {
			continue
		}
		seen[f.Path] = true
		switch chart := inChart(f.Path, charts); {
		case len(seen) > maxManifests:
			m.refused = append(m.refused, Place{File: f.Path, Line: 1, Message: fmt.Sprintf("not judged: there are more than %d manifests; name their folders in the policy, or keep fewer here", maxManifests)})
			return m
		case m.objects > maxObjects: // told where the first is too many
			return m
		case chart != "":
			if path.Base(f.Path) == "Chart.yaml" && path.Dir(f.Path) == chart {
				m.passed = append(m.passed, fmt.Sprintf("%s is a Helm chart. Its templates are no YAML until they are rendered, so they are not judged.", Code(chart)))
				m.unjudged++
			}
		case patches[f.Path]:
			m.passed = append(m.passed, fmt.Sprintf("%s is a kustomize patch, judged only as part of what it patches.", Code(f.Path)))
		case !f.Read:
			m.refused = append(m.refused, unreadable(f))
		default:
			m.file(f)
		}
	}
	return m
}

// manifestDepth is how deep the manifest folders are read, as repo.Dir counts.
const manifestDepth = 4

// tooDeep finds the folders that lie below what is read.
func tooDeep(s *repo.Snapshot, dir string) (found []Place) {
	for _, f := range s.Folders(dir) {
		if below := strings.TrimPrefix(f, dir+"/"); strings.Count(below, "/") == manifestDepth-1 {
			found = append(found, Place{File: f, Message: fmt.Sprintf("not judged: folders more than %d levels below %s are not read; keep manifests higher up", manifestDepth-1, dir)})
		}
	}
	return found
}

// isManifest tells what may hold manifests: YAML, the JSON of an object, and links,
// which may lead to any of them.
func isManifest(f repo.File) bool {
	switch {
	case isYAML(f.Path), f.Kind == repo.Symlink:
		return true
	case !strings.HasSuffix(f.Path, ".json"):
		return false
	}
	root, problem := safeyaml.One(f.Text)
	return problem == nil && root != nil && safeyaml.Text(root, "apiVersion") != "" && safeyaml.Text(root, "kind") != ""
}

// inChart returns the Helm chart that a file is part of: its templates, what it
// depends on, and the files that Helm reads. A manifest beside them is none of it.
func inChart(file string, charts map[string]bool) string {
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if !charts[dir] {
			continue
		}
		below := strings.TrimPrefix(file, dir+"/")
		first, _, nested := strings.Cut(below, "/")
		switch {
		case nested && (first == "templates" || first == "charts" || first == "crds" || first == "ci"),
			below == "Chart.yaml", strings.HasPrefix(below, "values"):
			return dir
		}
	}
	return ""
}

// kustomizations reads what the kustomization files say about the others: which
// are patches, which images get a tag, which workloads get replicas.
func (m *manifests) kustomizations(files []repo.File) map[string]bool {
	patches, resources := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		if !isKustomization(f.Path) || !f.Read {
			continue
		}
		root, problem := safeyaml.One(f.Text)
		if problem != nil {
			continue // told when the file is judged
		}
		dir := path.Dir(f.Path)
		for _, key := range []string{"patches", "patchesStrategicMerge", "patchesJson6902", "transformers", "generators", "configurations"} {
			for _, item := range safeyaml.Items(root, key) {
				file := safeyaml.Text(item, "path")
				if item.Kind == yaml.ScalarNode {
					file = item.Value
				}
				if name := path.Join(dir, file); strings.HasPrefix(name, dir+"/") { // one beside or above it is somebody else's manifest
					patches[name] = true
				}
			}
		}
		for _, item := range safeyaml.Items(root, "resources") {
			resources[path.Join(dir, item.Value)] = true
		}
		for _, item := range safeyaml.Items(root, "images") {
			if tag := safeyaml.Text(item, "newTag"); tag != "" && tag != "latest" || safeyaml.Text(item, "digest") != "" {
				m.images[safeyaml.Text(item, "name")] = true
			}
		}
		for _, item := range safeyaml.Items(root, "replicas") {
			m.scaled[safeyaml.Text(item, "name")] = true
		}
	}
	maps.DeleteFunc(patches, func(file string, _ bool) bool { return resources[file] })
	return patches
}

func isKustomization(file string) bool {
	base := path.Base(file)
	return base == "kustomization.yaml" || base == "kustomization.yml" || base == "Kustomization"
}

// template matches what makes a file a template and no YAML.
var templated = regexp.MustCompile(`\{\{-?\s*[^{}]+\}\}|\{%-?\s`)

// isTemplate looks for a template's tags outside comments; a text that is YAML all
// the same is judged as such.
func isTemplate(text string) bool {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			line, _, _ = strings.Cut(line, " #")
			if templated.MatchString(line) {
				return true
			}
		}
	}
	return false
}

func (m *manifests) file(f repo.File) {
	for _, doc := range safeyaml.Parse(f.Text) {
		if doc.Problem != nil && isTemplate(doc.Text) {
			m.passed = append(m.passed, fmt.Sprintf("%s is a template, no YAML until it is rendered, and is not judged.",
				where(Place{File: f.Path, Line: doc.Line})))
			m.unjudged++
			continue
		}
		if doc.Problem != nil {
			m.refused = append(m.refused, Place{File: f.Path, Line: doc.Problem.Line, Message: "not valid YAML: " + doc.Problem.Message})
			continue
		}
		if m.objects > maxObjects {
			return
		}
		m.document(f.Path, doc)
	}
}

func (m *manifests) document(file string, doc safeyaml.Doc) {
	api, kind := safeyaml.Text(doc.Root, "apiVersion"), safeyaml.Text(doc.Root, "kind")
	if isKustomization(file) && (kind == "" || kind == "Kustomization" || kind == "Component") {
		return
	}
	if m.objects++; m.objects > maxObjects {
		m.refused = append(m.refused, Place{File: file, Line: doc.Root.Line, Message: fmt.Sprintf("not judged: there are more than %d objects in the manifests", maxObjects)})
		return
	}
	if _, items := safeyaml.Pair(doc.Root, "items"); items != nil && strings.HasSuffix(kind, "List") {
		m.known++
		m.items(file, safeyaml.Items(doc.Root, "items"))
		return
	}
	if api == "" || kind == "" {
		if api != "" || kind != "" {
			m.refused = append(m.refused, Place{File: file, Line: doc.Root.Line, Message: "a manifest needs both apiVersion and kind"})
			return
		}
		m.passed = append(m.passed, fmt.Sprintf("%s is no manifest: it has neither apiVersion nor kind.", where(Place{File: file, Line: doc.Root.Line})))
		return
	}
	gvk := schema.FromAPIVersionAndKind(api, kind)
	switch instead := replaced(gvk); {
	case instead != "":
		m.known++
		m.refused = append(m.refused, Place{File: file, Line: lineAt(doc.Root, "apiVersion"), Message: fmt.Sprintf("%s of %s is no longer served by Kubernetes; use %s", kind, api, instead)})
	case scheme.Scheme.Recognizes(gvk):
		m.known++
		m.decode(file, doc, gvk)
	case scheme.Scheme.IsGroupRegistered(gvk.Group):
		m.refused = append(m.refused, Place{File: file, Line: lineAt(doc.Root, "kind"), Message: fmt.Sprintf("Kubernetes knows no %s in %s", kind, api)})
	default:
		m.passed = append(m.passed, fmt.Sprintf("%s is a custom resource (%s), which Kubernetes itself does not know; it is not judged.",
			where(Place{File: file, Line: doc.Root.Line}), Code(api+" "+kind)))
		m.unjudged++
	}
}

// items judges what a List holds, one by one.
func (m *manifests) items(file string, list []*yaml.Node) {
	for _, item := range list {
		if m.objects > maxObjects {
			return
		}
		text, err := yaml.Marshal(item)
		if err != nil || item.Kind != yaml.MappingNode {
			m.refused = append(m.refused, Place{File: file, Line: item.Line, Message: "an item of a List has to be an object"})
			continue
		}
		m.document(file, safeyaml.Doc{Line: item.Line, Text: string(text), Root: item})
	}
}

// replaced names the API version that took the place of one that is gone
// (kubernetes.io/docs/reference/using-api/deprecation-guide).
func replaced(gvk schema.GroupVersionKind) string {
	return map[string]string{
		"extensions/v1beta1 Deployment":                 "apps/v1",
		"extensions/v1beta1 DaemonSet":                  "apps/v1",
		"extensions/v1beta1 ReplicaSet":                 "apps/v1",
		"extensions/v1beta1 Ingress":                    "networking.k8s.io/v1",
		"extensions/v1beta1 NetworkPolicy":              "networking.k8s.io/v1",
		"apps/v1beta1 Deployment":                       "apps/v1",
		"apps/v1beta1 StatefulSet":                      "apps/v1",
		"apps/v1beta2 Deployment":                       "apps/v1",
		"apps/v1beta2 StatefulSet":                      "apps/v1",
		"apps/v1beta2 DaemonSet":                        "apps/v1",
		"networking.k8s.io/v1beta1 Ingress":             "networking.k8s.io/v1",
		"batch/v1beta1 CronJob":                         "batch/v1",
		"policy/v1beta1 PodDisruptionBudget":            "policy/v1",
		"policy/v1beta1 PodSecurityPolicy":              "Pod Security Admission",
		"autoscaling/v2beta1 HorizontalPodAutoscaler":   "autoscaling/v2",
		"autoscaling/v2beta2 HorizontalPodAutoscaler":   "autoscaling/v2",
		"rbac.authorization.k8s.io/v1beta1 Role":        "rbac.authorization.k8s.io/v1",
		"rbac.authorization.k8s.io/v1beta1 ClusterRole": "rbac.authorization.k8s.io/v1",
		"discovery.k8s.io/v1beta1 EndpointSlice":        "discovery.k8s.io/v1",
	}[gvk.GroupVersion().String()+" "+gvk.Kind]
}

func (m *manifests) decode(file string, doc safeyaml.Doc, gvk schema.GroupVersionKind) {
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := decoder.Decode([]byte(doc.Text), &gvk, nil)
	if err != nil && (object == nil || !runtime.IsStrictDecodingError(err)) {
		m.refuse(file, doc.Root, gvk.Kind, err)
		return
	}
	for _, key := range repeated(doc.Root) {
		m.refused = append(m.refused, Place{File: file, Line: key.Line, Message: "Kubernetes would refuse this " + gvk.Kind + ": the key " + key.Value + " is there twice"})
	}
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		for _, e := range strict.Errors() {
			if !twiceKey.MatchString(e.Error()) {
				m.refuse(file, doc.Root, gvk.Kind, e)
			}
		}
	}
	m.object(file, doc.Root, object)
}

// refuse tells an error of Kubernetes's decoder at the line it is about.
func (m *manifests) refuse(file string, root *yaml.Node, kind string, err error) {
	message := decoderLine.ReplaceAllString(err.Error(), "")
	m.refused = append(m.refused, Place{File: file, Line: errorLine(root, message), Message: "Kubernetes would refuse this " + kind + ": " + message})
}

// object takes in what the check asks about.
func (m *manifests) object(file string, root *yaml.Node, object runtime.Object) {
	w := workload{file: file, node: root, podPath: []string{"spec", "template", "spec"}}
	switch o := object.(type) {
	case *appsv1.Deployment:
		w.kind, w.name, w.replicas, w.pod = "Deployment", o.Name, o.Spec.Replicas, o.Spec.Template.Spec
	case *appsv1.StatefulSet:
		w.kind, w.name, w.replicas, w.pod = "StatefulSet", o.Name, o.Spec.Replicas, o.Spec.Template.Spec
	case *appsv1.DaemonSet:
		w.kind, w.name, w.pod = "DaemonSet", o.Name, o.Spec.Template.Spec
	case *batchv1.Job:
		w.kind, w.name, w.pod = "Job", o.Name, o.Spec.Template.Spec
	case *batchv1.CronJob:
		w.kind, w.name, w.pod = "CronJob", o.Name, o.Spec.JobTemplate.Spec.Template.Spec
		w.podPath = []string{"spec", "jobTemplate", "spec", "template", "spec"}
	case *corev1.Pod:
		w.kind, w.name, w.pod, w.podPath = "Pod", o.Name, o.Spec, []string{"spec"}
	case *appsv1.ReplicaSet:
		w.kind, w.name, w.pod = "ReplicaSet", o.Name, o.Spec.Template.Spec
	case *corev1.ReplicationController:
		if o.Spec.Template == nil {
			return
		}
		w.kind, w.name, w.pod = "ReplicationController", o.Name, o.Spec.Template.Spec
	case *autoscalingv1.HorizontalPodAutoscaler:
		m.scaled[o.Spec.ScaleTargetRef.Name] = true
		return
	case *autoscalingv2.HorizontalPodAutoscaler:
		m.scaled[o.Spec.ScaleTargetRef.Name] = true
		return
	default:
		return
	}
	m.workloads = append(m.workloads, w)
}
