# Classes that are generated 800 times (260 for Groovy) where one would do: Groovy scripts, CGLIB proxies, Byte Buddy subclasses, dynamic
# proxies in loaders of their own. The controls generate each once.
if lib groovy-all cglib asm byte-buddy; then
  leak generated-groovy            generated/GroovyScripts leak
  leak generated-groovy-control    generated/GroovyScripts control
  JAVA_OPTS='--add-opens=java.base/java.lang=ALL-UNNAMED' # CGLIB 3 defines its classes by reflection
  leak generated-cglib             generated/CglibProxies leak
  leak generated-cglib-control     generated/CglibProxies control
  JAVA_OPTS=
  leak generated-bytebuddy         generated/ByteBuddyClasses leak
  leak generated-bytebuddy-control generated/ByteBuddyClasses control
  leak generated-proxies           generated/ProxiesInLoaders leak
  leak generated-proxies-control   generated/ProxiesInLoaders control
fi
