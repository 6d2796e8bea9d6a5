package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// job are the fields of batch/v1 that the manifest uses, as Kubernetes names them; others are errors.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		BackoffLimit            *int   `yaml:"backoffLimit"`
		ActiveDeadlineSeconds   *int64 `yaml:"activeDeadlineSeconds"`
		TTLSecondsAfterFinished *int32 `yaml:"ttlSecondsAfterFinished"`
		Template                struct{ Spec pod }
	}
}

type pod struct {
	RestartPolicy                string `yaml:"restartPolicy"`
	AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
	SecurityContext              struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		RunAsGroup     int                   `yaml:"runAsGroup"`
		FSGroup        int                   `yaml:"fsGroup"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Containers []container
	Volumes    []struct {
		Name                  string
		PersistentVolumeClaim *struct {
			ClaimName string `yaml:"claimName"`
		} `yaml:"persistentVolumeClaim"`
		EmptyDir *struct {
			SizeLimit string `yaml:"sizeLimit"`
			Medium    string
		} `yaml:"emptyDir"`
	}
}

type container struct {
	Name, Image     string
	Args            []string
	Env             []struct{ Name, Value string }
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

// decode reads a manifest and refuses fields that are not known.
func decode(text []byte) (job, error) {
	var j job
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(&j)
	return j, err
}

// TestKubernetes checks the manifest of docs/kubernetes.md, and runs its command.
func TestKubernetes(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository(t), "docs/kubernetes.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if m == nil {
		t.Fatal("no manifest")
	}
	if _, err := decode(bytes.Replace(m[1], []byte("limits:"), []byte("limit:"), 1)); err == nil {
		t.Error("a field that does not exist was not seen")
	}
	j, err := decode(m[1])
	if err != nil {
		t.Fatal(err)
	}
	p := j.Spec.Template.Spec
	if j.APIVersion != "batch/v1" || j.Kind != "Job" || p.RestartPolicy != "Never" || *j.Spec.BackoffLimit != 0 || len(p.Containers) != 1 {
		t.Errorf("job: %+v", j)
	}
	c := p.Containers[0]
	s := c.SecurityContext
	if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.RunAsUser == 0 || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" || *p.AutomountServiceAccountToken ||
		*s.AllowPrivilegeEscalation || !s.ReadOnlyRootFilesystem || strings.Join(s.Capabilities.Drop, " ") != "ALL" {
		t.Errorf("not restricted: %+v %+v", p.SecurityContext, s)
	}
	claimed := map[string]bool{}
	for _, v := range p.Volumes {
		claimed[v.Name] = v.PersistentVolumeClaim != nil || v.EmptyDir != nil && v.EmptyDir.Medium == ""
	}
	root := t.TempDir()
	places := []string{}
	for _, v := range c.VolumeMounts {
		if !claimed[v.Name] {
			t.Errorf("volume %s", v.Name)
		}
		dir := filepath.Join(root, v.MountPath)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		places = append(places, v.MountPath+"/", dir+"/")
	}
	if c.Resources.Limits["memory"] != "2Gi" || c.Env[0].Name != "TMPDIR" || c.Env[0].Value != "/tmp" {
		t.Errorf("%+v, %+v", c.Resources, c.Env)
	}
	binary := unpacked(t, "linux_amd64", "heapcause")
	run(t, published(t), nil, "cp", filepath.Join(made.root, "testdata/demo.hprof.gz"), filepath.Join(root, "dumps/app.hprof"))
	var args []string
	for _, a := range c.Args {
		args = append(args, strings.NewReplacer(places...).Replace(a))
	}
	limited(t, 2<<30, append([]string{"TMPDIR=" + filepath.Join(root, "tmp")}, os.Environ()...), binary, args...)
	for _, name := range []string{"app.html", "app.json"} {
		if _, err := os.Stat(filepath.Join(root, "reports", name)); err != nil {
			t.Error(err)
		}
	}
}

// limited runs a program in a control group with a memory limit, where this machine lets us make one.
func limited(t *testing.T, limit int, env []string, name string, args ...string) {
	t.Helper()
	script, group := `exec "$0" "$@"`, ""
	for base, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		dir := filepath.Join(base, "heapcause-test-"+strconv.Itoa(os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		if os.WriteFile(filepath.Join(dir, file), []byte(strconv.Itoa(limit)), 0o644) != nil {
			os.Remove(dir)
			continue
		}
		group, script = dir, `echo $$ > "`+dir+`/cgroup.procs"; exec "$0" "$@"`
		defer os.Remove(dir)
		break
	}
	if group == "" {
		t.Log("no control group can be made: it runs without a limit")
	}
	c := exec.Command("sh", append([]string{"-euc", script, name}, args...)...)
	c.Env = env
	var exit *exec.ExitError
	if out, err := c.CombinedOutput(); errors.As(err, &exit) || err != nil {
		t.Errorf("in %q: %v\n%s", group, err, out)
	} else {
		t.Logf("ran in control group %q", group)
	}
}
