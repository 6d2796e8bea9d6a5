package main

import (
	"crypto/sha1"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeBOM writes a bill of materials (CycloneDX 1.6) of a binary, from what the binary itself tells.
func (b *builder) writeBOM(t target, binary string, modules []module) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	sum, err := hashOf(binary)
	if err != nil {
		return err
	}
	bom := cdx.NewBOM()
	bom.SerialNumber = serial(sum)
	bom.Metadata = &cdx.Metadata{Timestamp: b.id.Time.Format(time.RFC3339), Component: &cdx.Component{
		BOMRef: "heapcause", Type: cdx.ComponentTypeApplication, Name: "heapcause", Version: b.id.Version,
		PackageURL: purl("heapcause", b.id.Version, t), Licenses: expression("Apache-2.0"),
		Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
		Properties: properties(info),
	}}
	var refs []string
	components := []cdx.Component{}
	dependencies := []cdx.Dependency{}
	for _, m := range modules {
		c, err := m.component(t)
		if err != nil {
			return err
		}
		components, refs = append(components, c), append(refs, c.BOMRef)
		dependencies = append(dependencies, cdx.Dependency{Ref: c.BOMRef})
	}
	bom.Components = &components
	dependencies = append([]cdx.Dependency{{Ref: "heapcause", Dependencies: &refs}}, dependencies...)
	bom.Dependencies = &dependencies

	f, err := os.Create(filepath.Join(b.dist, b.base(t)+".cdx.json"))
	if err != nil {
		return err
	}
	encoder := cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	return errors.Join(encoder.EncodeVersion(bom, cdx.SpecVersion1_6), f.Close())
}

// component describes a linked module. Its hash is that of go.sum: SHA-256 over the list of its files' hashes.
func (m module) component(t target) (cdx.Component, error) {
	id := purl(m.path, m.version, t)
	c := cdx.Component{BOMRef: id, Type: cdx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: id, Licenses: expression(m.license)}
	if m.sum != "" {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.sum, "h1:"))
		if err != nil {
			return c, fmt.Errorf("%s: sum %s: %w", m.path, m.sum, err)
		}
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
	}
	return c, nil
}

// purl names a Go module as package URLs do (https://github.com/package-url/purl-spec).
func purl(path, version string, t target) string {
	return fmt.Sprintf("pkg:golang/%s@%s?type=module&goos=%s&goarch=%s", path, strings.ReplaceAll(version, "+", "%2B"), t.os, t.arch)
}

func expression(license string) *cdx.Licenses {
	if strings.Contains(license, " ") {
		return &cdx.Licenses{{Expression: license}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: license}}}
}

// properties are the settings of the build, in CycloneDX's own names for Go.
func properties(info *buildinfo.BuildInfo) *[]cdx.Property {
	p := []cdx.Property{{Name: "cdx:gomod:binary:name", Value: "heapcause"}, {Name: "cdx:gomod:build:compiler:version", Value: info.GoVersion}}
	for _, s := range info.Settings {
		name := "cdx:gomod:build:" + strings.TrimPrefix(s.Key, "-")
		if !strings.HasPrefix(s.Key, "-") {
			name = "cdx:gomod:build:env:" + s.Key
		}
		p = append(p, cdx.Property{Name: name, Value: s.Value})
	}
	return &p
}

// serial makes a name-based UUID (version 5) of the binary: the same bytes have the same bill.
func serial(sum string) string {
	h := sha1.Sum([]byte("heapcause " + sum))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
