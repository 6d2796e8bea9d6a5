package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bomSchema is CycloneDX's own schema, as its Go library carries it.
func bomSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := run(t, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	c := jsonschema.NewCompiler()
	for name, file := range map[string]string{"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json"} {
		if _, err := os.Stat(filepath.Join(dir, "schema", file)); err != nil {
			file = name
		}
		f, err := os.Open(filepath.Join(dir, "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+name, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBOM: the bill is valid, and lists what the packed binary says of itself, each with a licence.
func TestBOM(t *testing.T) {
	path := only(t, "*_linux_amd64.cdx.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	schema := bomSchema(t)
	for _, c := range []struct {
		text  string
		valid bool
	}{
		{string(text), true},
		{strings.Replace(string(text), `"type": "library"`, `"type": "book"`, 1), false},
		{strings.Replace(string(text), `"id": "MIT"`, `"id": "MTI"`, 1), false},
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != c.valid {
			t.Errorf("valid %v: %v", c.valid, err)
		}
	}

	var bom cdx.BOM
	if err := json.Unmarshal(text, &bom); err != nil {
		t.Fatal(err)
	}
	binary := unpacked(t, "linux_amd64", "heapcause")
	if sum, err := hashOf(binary); err != nil || (*bom.Metadata.Component.Hashes)[0].Value != sum {
		t.Errorf("the bill is of %v, the binary is %s, %v", bom.Metadata.Component.Hashes, sum, err)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, c := range *bom.Components {
		listed[c.Name] = c.Version
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s: no licence", c.Name)
		}
	}
	if len(listed) != len(info.Deps)+1 || listed["std"] != strings.TrimPrefix(info.GoVersion, "go") {
		t.Errorf("%d components, %d modules are linked; std %s", len(listed), len(info.Deps), listed["std"])
	}
	for _, d := range info.Deps {
		if listed[d.Path] != d.Version {
			t.Errorf("%s %s: the bill says %q", d.Path, d.Version, listed[d.Path])
		}
	}
}

// TestLicences: a licence that is not permissive stops the release, and so does none.
func TestLicences(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "no licence that is known"},
		{"You may look at it on Sundays.", "no licence that is known"},
		{"SPDX-License-Identifier: GPL-3.0-only\n\n" + gpl, "is none of"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		m := module{path: "example.com/m"}
		if err := m.read([]string{dir}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: error %v", c.text, err)
		}
	}
}

const gpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as
published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.

You should have received a copy of the GNU General Public License along with this program. If not, see
<https://www.gnu.org/licenses/>.`
