package report

// Consumers are the largest holders of memory, seen four ways. Retained sizes
// of different rows may overlap, except among Objects.
type Consumers struct {
	// Objects are the largest children of the root of the dominator tree.
	Objects  List[ObjectRow]  `json:"objects"`
	Classes  List[ClassRow]   `json:"classes"`
	Packages List[PackageRow] `json:"packages"`
	Loaders  List[LoaderRow]  `json:"loaders"`
}

// ObjectRow is one object.
type ObjectRow struct {
	Address Address `json:"address"`
	Class   string  `json:"class"`
	// Note is a decoded name, such as a thread's or the class of a class object.
	Note     string `json:"note,omitempty"`
	Shallow  int64  `json:"shallow"`
	Retained int64  `json:"retained"`
}

// ClassRow is one class, or one of several with the same name.
type ClassRow struct {
	Name string `json:"name"`
	// Loader describes the class loader where two classes share a name.
	Loader    string `json:"loader,omitempty"`
	Instances int64  `json:"instances"`
	// Shallow is the sum of the sizes of the instances, bytes.
	Shallow int64 `json:"shallow"`
	// Retained is what would be freed if all instances went; 0 when it was
	// not computed (it is never below Shallow otherwise).
	Retained int64 `json:"retained"`
}

// PackageRow is one package, without those below it.
type PackageRow struct {
	Name      string `json:"name"`
	Classes   int64  `json:"classes"`
	Instances int64  `json:"instances"`
	Shallow   int64  `json:"shallow"`
	Retained  int64  `json:"retained"`
}

// LoaderRow is one class loader and the instances of the classes it defined.
type LoaderRow struct {
	// Address is 0 for the boot loader.
	Address   Address `json:"address"`
	Class     string  `json:"class"`
	Name      string  `json:"name,omitempty"`
	Classes   int64   `json:"classes"`
	Instances int64   `json:"instances"`
	Shallow   int64   `json:"shallow"`
	Retained  int64   `json:"retained"`
}

// TreeNode is one node of a tree that is written as a list in preorder.
type TreeNode struct {
	// Parent is the index of the parent in the list, -1 for a node at the top.
	Parent int `json:"parent"`
	// Label is the edge from the parent, "" where it is not known.
	Label string `json:"label,omitempty"`
	// Address is 0 where the node stands for a group of objects. A chain of objects, each the holder of the next, has that of its
	// first.
	Address Address `json:"address"`
	Class   string  `json:"class"`
	// Loader describes the class loader that defined the class, or the class that a class object stands for; "" for the boot loader.
	Loader string `json:"loader,omitempty"`
	// Note is a decoded name, such as a thread's, "" if there is none.
	Note string `json:"note,omitempty"`
	// Objects is the number of objects that the node stands for.
	Objects  int64 `json:"objects"`
	Shallow  int64 `json:"shallow"`
	Retained int64 `json:"retained"`
	// OmittedChildren and OmittedBytes are the children not in the list and
	// what they retain.
	OmittedChildren int64 `json:"omittedChildren"`
	OmittedBytes    int64 `json:"omittedBytes"`
}
