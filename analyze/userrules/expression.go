package userrules

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of an expression.
const (
	maxExpression = 4000 // bytes
	maxNodes      = 300
	maxMemory     = 10_000 // of the machine: cells of arrays
	maxString     = 4096   // bytes of a string that is kept
)

// The functions behind what the language writes otherwise: a.b and names of let.
const (
	getFunction = "get_"
	letFunction = "let_"
)

// builtins are the functions of expr that rules may use: none of them loops over more than it is given, or knows the clock.
var builtins = []string{
	"abs", "ceil", "float", "floor", "hasPrefix", "hasSuffix", "indexOf", "int", "lastIndexOf", "len", "lower", "max", "min",
	"round", "string", "trim", "trimPrefix", "trimSuffix", "upper",
}

// harmless are the built-in functions that make no content of content.
var harmless = []string{"hasPrefix", "hasSuffix", "indexOf", "lastIndexOf", "len"}

// scope is what the names of an expression mean.
type scope struct {
	names     map[string]bool // true where the value is content of the dump
	lets      map[string]int  // of the names, those computed when they are asked for
	functions []string
}

func (s *scope) add(name string, content bool) { s.names[name] = content }

// expression is a compiled expression.
type expression struct {
	node    node
	source  string
	at      int // bytes of the node's value before the source
	program *vm.Program
	content bool     // its value may be content of the dump
	own     bool     // reads nothing but fields of the object at hand
	fields  []string // of this
}

// compile reads an expression; nil when it is wrong.
func (s *scope) compile(n node, what string) *expression {
	if src := n.text(what); src != "" {
		return s.compileAt(n, n.Value, 0, what)
	}
	return nil
}

// compileAt compiles a part of a node's value that begins at some byte of it.
func (s *scope) compileAt(n node, source string, at int, what string) *expression {
	x := &expression{node: n, source: source, at: at, own: true}
	if len(source) > maxExpression {
		n.fail("%s: an expression has at most %d bytes", what, maxExpression)
		return nil
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	for name := range config.Builtins {
		if !slices.Contains(builtins, name) {
			delete(config.Builtins, name)
			config.Disabled[name] = true
		}
	}
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		x.fail(what, err)
		return nil
	}
	w := &walker{s: s, x: x, what: what}
	x.content = w.content(tree.Node)
	ast.Walk(&tree.Node, w)
	if w.failed {
		return nil
	}
	x.program, err = expr.Compile(source, s.options(w)...)
	if err != nil {
		x.fail(what, err)
		return nil
	}
	return x
}

// options of the compiler; it walks the tree once more and rewrites it.
func (s *scope) options(w *walker) []expr.Option {
	env := map[string]any{}
	for _, f := range append(slices.Clone(s.functions), getFunction, letFunction) {
		env[f] = func(...any) any { return nil }
	}
	opts := []expr.Option{expr.Env(env), expr.AllowUndefinedVariables(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins()}
	for _, b := range builtins {
		opts = append(opts, expr.EnableBuiltin(b))
	}
	return append(opts, expr.Optimize(false), expr.Patch(&rewriter{w.s}))
}

// fail notes what the compiler says, where it says it.
func (x *expression) fail(what string, err error) {
	line, column := 0, 0
	text := err.Error()
	var e *file.Error
	if errors.As(err, &e) {
		line, column, text = e.Line-1, e.Column, e.Message
	}
	x.failAt(line, column, what, text)
}

// failAt notes a mistake at a line and column, from 0 on, of the source.
func (x *expression) failAt(line, column int, what, text string) {
	l, c := x.placeOf(line, column)
	x.node.f.fail(l, c, "%s: %s", what, text)
}

func (x *expression) placeOf(line, column int) (int, int) {
	before := x.node.Value[:x.at]
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		line += strings.Count(before, "\n")
		before = before[i+1:]
	}
	if line == 0 || strings.Count(x.node.Value[:x.at], "\n") == line {
		column += utf8.RuneCountInString(before)
	}
	return x.node.place(max(line, 0), max(column, 0))
}

// offset returns line and column, from 0 on, of a rune of the source.
func (x *expression) offset(runes int) (line, column int) {
	for _, r := range x.source {
		if runes == 0 {
			break
		}
		runes--
		if column++; r == '\n' {
			line, column = line+1, 0
		}
	}
	return line, column
}

// walker checks a tree: what is not known to be bounded and without effect is refused.
type walker struct {
	s      *scope
	x      *expression
	what   string
	failed bool
}

func (w *walker) fail(n ast.Node, text string) {
	if w.failed {
		return // one mistake often looks like more
	}
	w.failed = true
	line, column := w.x.offset(n.Location().From)
	w.x.failAt(line, column, w.what, text)
}

// Visit implements ast.Visitor.
func (w *walker) Visit(p *ast.Node) {
	switch n := (*p).(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.UnaryNode, *ast.ChainNode, *ast.ConditionalNode:
	case *ast.ArrayNode:
		for _, e := range n.Nodes {
			if !constant(e) {
				w.fail(e, "a list has constants only")
			}
		}
	case *ast.BinaryNode:
		if n.Operator == ".." {
			w.fail(n, "ranges are not supported")
		}
	case *ast.IdentifierNode:
		w.identifier(n)
	case *ast.MemberNode:
		w.member(n)
	case *ast.CallNode:
		w.call(n)
	case *ast.BuiltinNode:
		if !slices.Contains(builtins, n.Name) {
			w.fail(n, "function "+n.Name+" is not supported"+meant(n.Name, w.functions()))
		}
	default:
		w.fail(n, "this is not supported: an expression has fields, functions, operators and constants")
	}
}

func (w *walker) functions() []string {
	all := append(slices.Clone(w.s.functions), builtins...)
	slices.Sort(all)
	return all
}

func (w *walker) identifier(n *ast.IdentifierNode) {
	if _, ok := w.s.names[n.Value]; ok {
		if n.Value != "this" {
			w.x.own = false
		}
		return
	}
	if slices.Contains(w.s.functions, n.Value) {
		return // a callee, or a value that nothing can be done with
	}
	w.fail(n, "unknown name "+n.Value+meant(n.Value, append(sortedKeys(w.s.names), w.s.functions...)))
}

func (w *walker) member(n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	switch {
	case !ok || name.Value == "":
		w.fail(n, `a field is written a.name or a["Class::name"]`)
	case n.Method:
		w.fail(n, "objects have no methods here")
	}
	if ok {
		if id, is := n.Node.(*ast.IdentifierNode); is && id.Value == "this" {
			w.x.fields = append(w.x.fields, name.Value)
		} else {
			w.x.own = false
		}
	}
}

func (w *walker) call(n *ast.CallNode) {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		w.fail(n, "only functions can be called")
		return
	}
	w.x.own = false
	if !slices.Contains(w.s.functions, id.Value) {
		if _, isName := w.s.names[id.Value]; isName {
			w.fail(n, id.Value+" is no function"+meant(id.Value, w.functions()))
		}
		return // the identifier has been refused
	}
	if want := arity[id.Value]; want != len(n.Arguments) {
		w.fail(n, id.Value+" takes "+plural(want, "argument"))
	}
}

// content reports whether the value of a node may be content of the dump, or give it away.
func (w *walker) content(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return w.s.names[n.Value]
	case *ast.UnaryNode:
		return w.content(n.Node)
	case *ast.ChainNode:
		return w.content(n.Node)
	case *ast.BinaryNode:
		switch n.Operator {
		case "+", "-", "*", "/", "%", "^", "**", "??":
			return w.content(n.Left) || w.content(n.Right)
		}
	case *ast.ConditionalNode:
		return w.content(n.Exp1) || w.content(n.Exp2)
	case *ast.BuiltinNode:
		return !slices.Contains(harmless, n.Name) && slices.ContainsFunc(n.Arguments, w.content)
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && id.Value == "text" {
			return true
		}
		return slices.ContainsFunc(n.Arguments, w.content)
	}
	return false
}

func constant(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode, *ast.NilNode:
		return true
	case *ast.UnaryNode:
		return constant(n.Node)
	}
	return false
}

// rewriter turns fields and names of let into calls.
type rewriter struct{ s *scope }

// Visit implements ast.Visitor.
func (r *rewriter) Visit(p *ast.Node) {
	switch n := (*p).(type) {
	case *ast.MemberNode:
		call(p, getFunction, n.Node, n.Property)
	case *ast.ChainNode:
		ast.Patch(p, n.Node)
	case *ast.IdentifierNode:
		if i, ok := r.s.lets[n.Value]; ok {
			call(p, letFunction, &ast.IntegerNode{Value: i})
		}
	}
}

func call(p *ast.Node, name string, args ...ast.Node) {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation((*p).Location())
	ast.Patch(p, &ast.CallNode{Callee: callee, Arguments: args})
}

// identifier reports whether a text can be a name in expressions.
func identifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != "" && !strings.HasSuffix(s, "_")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
