# Collections of customers that hold nothing or little, and ones as large as what they hold.
leak collection-waste         collections/WastefulCollections leak
leak collection-waste-control collections/WastefulCollections control
# A static map, list and map of a singleton that grow without end, and a map that forgets its oldest entries.
leak static-map       collections/StaticGrowth map
leak static-list      collections/StaticGrowth list
leak static-singleton collections/StaticGrowth singleton
leak static-control   collections/StaticGrowth control
# Keys with one hash code in HashMap, ConcurrentHashMap and HashSet, and the same keys with a good one.
leak hash-collisions         collections/CollidingKeys leak
leak hash-collisions-control collections/CollidingKeys control
# Listeners that nobody removes, in a CopyOnWriteArrayList and in publishers of the JDK, and some that are removed.
for publisher in list beans swing observable jmx control; do leak listeners-$publisher collections/ListenerLeak $publisher; done
# Callbacks that keep their outer object, and static ones that do not.
leak inner-class         collections/CallbackLeak leak
leak inner-class-control collections/CallbackLeak control
# A WeakHashMap with values that refer to their keys, and one without.
leak weak-map         collections/WeakValues leak
leak weak-map-control collections/WeakValues control
# Collections of Guava, fastutil and the JDK of known sizes.
if lib guava fastutil; then leak collection-shapes shapes/Shapes; fi
