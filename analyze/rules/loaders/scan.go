package loaders

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// loaderRow is an instance of java.lang.ClassLoader as the dump has it.
type loaderRow struct {
	object, parent graph.Object
	name           graph.Object // a String; NoObject for none, and always before JDK 9
}

func rowObject(r loaderRow) graph.Object { return r.object }

// loaderScan collects all class loaders, those without a class too.
var loaderScan = &analyze.Scan{Name: "class loaders", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ClassLoader"
	parent, ok := b.Need(class, "parent")
	if !ok {
		return nil
	}
	name, _ := b.Bind(class, "name")
	return &analyze.Rows[loaderRow]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) loaderRow {
			return loaderRow{object: v.Object, parent: v.Ref(parent), name: v.Ref(name)}
		},
		Object: rowObject,
	}
}}
