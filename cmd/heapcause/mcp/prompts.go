package mcp

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// prompts adds the usual questions.
func (s *Server) prompts() {
	dump := arg("dump", "path or file name of the dump", false)
	s.prompt("why-full", "Why is the heap full?", `Find out why the Java heap in %dump% is full. Call summarize, then findings for each of the largest findings. `+
		`Check the main one by path and show on an address of its evidence. Answer: what fills the heap (bytes, objects), who holds it (the path from the GC root), `+
		`which mistake in the program that is, what to change, and what would prove the answer wrong. Give the addresses and commands that your answer rests on.`, dump)
	s.prompt("what-holds", "What holds objects of a class?", `Find out what keeps the objects %object% in %dump% alive. Call show for what they are, path for how they are held, `+
		`refs with direction "in" for who refers to them, and retained with "set" for what would be freed without them. Say which reference to cut.`,
		arg("object", "class or selector of objects", true), dump)
	s.prompt("what-grew", "What grew between two dumps?", `Find out what grew from the dump %before% to %after%. Call compare on both, in this order. For the path that grew most call path and show in %after%. `+
		`Say what grew in bytes and objects, by which path it is held, and whether it is a leak or a cache that fills up.`,
		arg("before", "the earlier dump", true), arg("after", "the later dump", true))
	s.prompt("explain-finding", "Explain a finding", `Explain finding %finding% of %dump% to a developer who knows the program but not heap dumps. Call findings with its number, read the page of its rule `+
		`(resource heapcause://rules/RULE), and look at an object of its evidence by show. Say how sure it is and what to change.`, arg("finding", "its number, from 1", true), dump)
}

func arg(name, text string, required bool) *sdk.PromptArgument {
	return &sdk.PromptArgument{Name: name, Description: text, Required: required}
}

// prompt adds one; %name% in its text stands for an argument.
func (s *Server) prompt(name, title, text string, args ...*sdk.PromptArgument) {
	s.sdk.AddPrompt(&sdk.Prompt{Name: name, Title: title, Description: title, Arguments: args},
		func(_ context.Context, req *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
			var words []string
			for _, a := range args {
				value := req.Params.Arguments[a.Name]
				switch {
				case value == "" && a.Required:
					return nil, fmt.Errorf("prompt %s: the argument %s is wanted", name, a.Name)
				case value == "":
					value = "the dump that the server was started with"
				default:
					value = fmt.Sprintf("%.200q", value) // quoted: it is a name, whatever it says
				}
				words = append(words, "%"+a.Name+"%", value)
			}
			return &sdk.GetPromptResult{Description: title, Messages: []*sdk.PromptMessage{{
				Role: "user", Content: &sdk.TextContent{Text: strings.NewReplacer(words...).Replace(text)},
			}}}, nil
		})
}
