package mcp

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"heapcause/analyze"
	"heapcause/analyze/pages"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/json"
	"heapcause/report/markdown"
)

// The URIs of resources.
const (
	reportURI = "heapcause://report"
	rulesURI  = "heapcause://rules"
	answerURI = "heapcause://schema/answer"
)

// mostResource bytes of a resource are sent.
const mostResource = 4 << 20

// resources adds the reports of the dumps and the pages of the rules.
func (s *Server) resources() error {
	opt, err := s.opt.Analysis()
	if err != nil {
		return err
	}
	all := opt.Rules
	s.sdk.AddResource(&sdk.Resource{URI: answerURI, Name: "answer schema", Title: "Schema of answers", Description: "The JSON Schema of every tool's answer, in full.", MIMEType: "application/schema+json"},
		func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			return resource(answerURI, "application/schema+json", answerSchema), nil
		})
	s.page(rulesURI, "rules", "The rules", "All rules that can make findings.", func() string { return pages.Index(all) })
	for _, r := range all {
		s.page(rulesURI+"/"+url.PathEscape(r.Name), r.Name, "Rule "+r.Name, r.Title, func() string { return pages.Rule(r) })
	}
	for _, d := range s.folders.known {
		name := filepath.Base(d)
		s.sdk.AddResource(&sdk.Resource{
			URI: reportURI + "?dump=" + url.QueryEscape(d), Name: "report " + name, Title: "Report of " + name, MIMEType: "text/markdown",
			Description: "The report of the dump: findings first.",
		}, s.reportResource)
	}
	s.sdk.AddResourceTemplate(&sdk.ResourceTemplate{
		URITemplate: reportURI + "{?dump,format}", Name: "report", Title: "Report of a dump",
		Description: "The report of a dump, by path or name: Markdown, or with format=json everything.",
	}, s.reportResource)
	return nil
}

// page adds a resource that is text of our own.
func (s *Server) page(uri, name, title, text string, content func() string) {
	s.sdk.AddResource(&sdk.Resource{URI: uri, Name: name, Title: title, Description: text, MIMEType: "text/markdown"},
		func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			return resource(uri, "text/markdown", content()), nil
		})
}

func resource(uri, kind, text string) *sdk.ReadResourceResult {
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: uri, MIMEType: kind, Text: text}}}
}

// reportResource makes the report that a URI names.
func (s *Server) reportResource(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	var out *sdk.ReadResourceResult
	err := s.work(ctx, func() error {
		u, err := url.Parse(req.Params.URI)
		if err != nil {
			return err
		}
		args := u.Query()
		if !args.Has("dump") {
			return errNoDump
		}
		path, err := s.folders.resolve(args.Get("dump"))
		if err != nil {
			return err
		}
		r, err := s.reportAt(ctx, path)
		if err != nil {
			return err
		}
		out, err = rendered(req.Params.URI, args.Get("format"), r)
		return err
	})
	return out, err
}

// reportAt returns the report of a dump.
func (s *Server) reportAt(ctx context.Context, path string) (r *report.Report, err error) {
	quiet := func(string, int64, int64) {}
	_, err = s.withHeap(ctx, path, quiet, func(k *kept) ([]report.Section, error) {
		r, err = k.reportOf(ctx, func(ctx context.Context, h *graph.Heap) (*report.Report, error) { return s.run(ctx, h, quiet) })
		return nil, err
	})
	return r, err
}

// rendered writes a report in a format.
func rendered(uri, format string, r *report.Report) (*sdk.ReadResourceResult, error) {
	var b strings.Builder
	kind := "text/markdown"
	var err error
	switch format {
	case "", "md":
		err = markdown.Write(&b, r, markdown.Options{})
	case "json":
		kind, err = "application/json", json.Write(&b, r)
	default:
		return nil, fmt.Errorf("format %.60q: md and json are there", format)
	}
	if err == nil && b.Len() > mostResource {
		err = fmt.Errorf("the report has %s: ask tools for parts of it", analyze.Size(int64(b.Len())))
	}
	return resource(uri, kind, b.String()), err
}
