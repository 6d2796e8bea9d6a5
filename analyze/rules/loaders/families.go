package loaders

import (
	"slices"
	"strings"

	"heapcause/graph"
)

// family is a kind of generated class: who generates it, how it is known, and what to do about too many.
type family struct {
	name    string
	loaders []string // classes of the class loaders that define nothing else
	supers  []string // superclasses
	markers []string // parts of names; what stands before and in it is the origin
	own     bool     // any number of them in one loader is normal: only the loaders are counted
	often   bool     // the JVM itself makes many: only very many count
	fix     string
}

// families, the first that fits a class counts: those that a loader or superclass tells before those by name.
var families = []*family{
	{
		name: "Groovy script", supers: []string{"groovy.lang.Script", "groovy.lang.Closure"},
		loaders: []string{"groovy.lang.GroovyClassLoader$InnerLoader"},
		fix:     "Compile each Groovy script once and keep the Script class, or the result of GroovyShell.parse, in a bounded cache by its text; clear GroovyClassLoader (clearCache, close) with it.",
	},
	{
		name:    "Nashorn script",
		loaders: []string{"jdk.nashorn.internal.runtime.ScriptLoader", "org.openjdk.nashorn.internal.runtime.ScriptLoader"},
		markers: []string{"nashorn.internal.scripts.Script$"},
		fix:     "Compile each script once (javax.script.Compilable) and evaluate the CompiledScript; share one ScriptEngine.",
	},
	{
		name:    "XSLT translet",
		loaders: []string{"com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl$TransletClassLoader", "org.apache.xalan.xsltc.trax.TemplatesImpl$TransletClassLoader"},
		markers: []string{"GregorSamsa"},
		fix:     "Compile each stylesheet once: keep its javax.xml.transform.Templates and make Transformers from that.",
	},
	{
		name:    "JSP",
		loaders: []string{"org.apache.jasper.servlet.JasperLoader"},
		fix:     "Precompile the pages and switch development mode off (development=false of the JSP servlet).",
	},
	{
		name:    "Janino",
		loaders: []string{"org.codehaus.janino.ByteArrayClassLoader", "org.codehaus.janino.JavaSourceClassLoader"},
		fix:     "Compile each expression once and keep the evaluator in a bounded cache by its text.",
	},
	{
		name:    "MVEL accessor",
		markers: []string{"ASMAccessorImpl_"},
		fix:     "Compile each MVEL expression once (MVEL.compileExpression) and keep it in a bounded cache, or use the interpreter (OptimizerFactory.SAFE_REFLECTIVE).",
	},
	{
		name: "dynamic proxy", supers: []string{"java.lang.reflect.Proxy"}, markers: []string{"$Proxy"}, own: true,
		fix: "Make proxies in one class loader: the JDK has one class per list of interfaces and loader. Share the client or stub that makes them.",
	},
	{
		name:    "CGLIB class",
		markers: []string{"EnhancerByCGLIB$$", "EnhancerBySpringCGLIB$$", "FastClassByCGLIB$$", "FastClassBySpringCGLIB$$", "KeyFactoryByCGLIB$$", "BulkBeanByCGLIB$$", "BeanMapByCGLIB$$", "BeanGeneratorByCGLIB$$", "BeanCopierByCGLIB$$", "MethodWrapperByCGLIB$$", "$$SpringCGLIB$$"},
		fix:     "Let CGLIB cache its classes (Enhancer.setUseCache(true), the default), use the same CallbackFilter and class loader each time, and make the proxy class once.",
	},
	{
		name:    "Byte Buddy class",
		loaders: []string{"net.bytebuddy.dynamic.loading.ByteArrayClassLoader", "net.bytebuddy.dynamic.loading.ByteArrayClassLoader$ChildFirst"},
		markers: []string{"$ByteBuddy$", "$HibernateProxy$", "$MockitoMock$", "$HibernateInstantiator$", "$HibernateAccessOptimizer$"},
		fix:     "Keep the class that Byte Buddy made for a type: net.bytebuddy.TypeCache, or one factory (SessionFactory, mock maker) for the life of the program.",
	},
	{
		name:    "Javassist class",
		markers: []string{"_$$_jvst", "_$$_javassist", "_$$_Weld", "$$JavassistProxy"},
		fix:     "Let ProxyFactory use its cache (ProxyFactory.useCache) and make the proxy class once.",
	},
	{
		name:    "reflection accessor",
		loaders: []string{"jdk.internal.reflect.DelegatingClassLoader", "sun.reflect.DelegatingClassLoader"}, often: true,
		fix: "Keep Method and Constructor objects instead of looking them up each time: each copy gets an accessor class of its own after 15 calls (-Dsun.reflect.inflationThreshold); JDK 18 and later make none.",
	},
	{
		name:    "lambda",
		markers: []string{"$$Lambda"},
		fix:     "A class per lambda expression is normal; so many come of defining its host again and again, or of spinning lambdas with LambdaMetafactory: cache what it returns.",
	},
	{
		name:    "method handle form",
		markers: []string{"java.lang.invoke.LambdaForm$", "java.lang.invoke.BoundMethodHandle$Species_"}, often: true,
		fix: "Keep method handles in static finals instead of making them each time.",
	},
	{
		name: "hidden class",
		fix:  "Keep what Lookup.defineHiddenClass (before JDK 15: Unsafe.defineAnonymousClass) returned and use it again: it is called once per use.",
	},
}

// hiddenFamily is that of hidden classes which no other family claims.
func hiddenFamily() *family { return families[len(families)-1] }

// finder finds the family of a class without looking at its name more than it must: there may be a million.
type finder struct {
	h        *graph.Heap
	byLoader map[graph.Object]*family // nil for loaders of no family
	bySuper  []*family                // by class
}

func newFinder(h *graph.Heap, f *forest) *finder {
	d := &finder{h: h, byLoader: map[graph.Object]*family{}, bySuper: make([]*family, h.NumClasses())}
	byClass := map[string]*family{}
	for _, k := range families {
		for _, c := range k.loaders {
			byClass[c] = k
		}
		if len(k.supers) == 0 {
			continue
		}
		for c, is := range h.Subclasses(k.supers...) {
			own := h.Class(graph.Class(c))
			if is && d.bySuper[c] == nil && !slices.Contains(k.supers, own.Name) && own.Loader != d.loaderOf(k.supers) {
				d.bySuper[c] = k
			}
		}
	}
	for i := range f.loaders {
		if k := byClass[f.loaders[i].class]; k != nil {
			d.byLoader[f.loaders[i].object] = k
		}
	}
	return d
}

// loaderOf returns the loader of the first of some classes that the dump has: what it defines besides is the library itself. The
// boot loader, which defines proxies too, counts as none.
func (d *finder) loaderOf(classes []string) graph.Object {
	for _, name := range classes {
		if all := d.h.ClassesByName(name); len(all) > 0 && d.h.Class(all[0]).Loader != graph.NoObject {
			return d.h.Class(all[0]).Loader
		}
	}
	return graph.Object(d.h.NumObjects())
}

// of returns the family of a class and the origin of its name: the same for all that were generated for one purpose.
func (d *finder) of(c graph.Class) (*family, string) {
	k := d.h.Class(c)
	if f := d.bySuper[c]; f != nil {
		return f, origin(k.Name, f)
	}
	if f := d.byLoader[k.Loader]; f != nil && k.Loader != graph.NoObject {
		return f, origin(k.Name, f)
	}
	if !strings.ContainsAny(k.Name, "$_/+") {
		return nil, ""
	}
	for _, f := range families {
		for _, m := range f.markers {
			if len(f.supers) == 0 && strings.Contains(k.Name, m) {
				return f, origin(k.Name, f)
			}
		}
	}
	if isHidden(k.Name) {
		return hiddenFamily(), origin(k.Name, hiddenFamily())
	}
	return nil, ""
}

// isHidden reports whether a name ends in the address that the JVM appends to those of hidden classes.
func isHidden(name string) bool { return hiddenAt(name) >= 0 }

// hiddenAt returns where that address begins, -1 for none.
func hiddenAt(name string) int {
	i := strings.LastIndex(name, "0x")
	if i < 1 || !strings.Contains("/+.", name[i-1:i]) {
		return -1
	}
	return i - 1
}

// origin is a class name without what makes it differ from the next of its family: all behind a marker, an address, and digits.
func origin(name string, f *family) string {
	if i := hiddenAt(name); i >= 0 {
		name = name[:i]
	}
	for _, m := range f.markers {
		if i := strings.Index(name, m); i >= 0 {
			name = name[:i] + strings.TrimRight(m, "$_")
			if f.own {
				name = withoutDigits(name) // a package of proxies is numbered by loader
			}
			return name
		}
	}
	if f == hiddenFamily() {
		return name
	}
	return withoutDigits(name)
}

// withoutDigits writes # for each run of digits.
func withoutDigits(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		digit := s[i] >= '0' && s[i] <= '9'
		switch {
		case !digit:
			b.WriteByte(s[i])
		case i == 0 || s[i-1] < '0' || s[i-1] > '9':
			b.WriteByte('#')
		}
	}
	return b.String()
}
