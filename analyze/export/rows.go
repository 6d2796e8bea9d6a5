package export

// The rows of the data sets. docs/export.md says what the columns mean. In optional columns of these types the zero value is null.

type dumpRow struct {
	File             string            `parquet:"file"`
	TakenAt          int64             `parquet:"taken_at,optional,timestamp(millisecond)"`
	JavaVersion      string            `parquet:"java_version,optional"`
	VM               string            `parquet:"vm,optional"`
	IDSize           int32             `parquet:"id_size"`
	Objects          int64             `parquet:"objects"`
	Classes          int64             `parquet:"classes"`
	Bytes            int64             `parquet:"bytes"`
	StrongBytes      int64             `parquet:"strong_bytes"`
	SoftBytes        int64             `parquet:"soft_bytes"`
	FinalizerBytes   int64             `parquet:"finalizer_bytes"`
	WeakBytes        int64             `parquet:"weak_bytes"`
	PhantomBytes     int64             `parquet:"phantom_bytes"`
	UnreachableBytes int64             `parquet:"unreachable_bytes"`
	Incomplete       bool              `parquet:"incomplete"`
	References       string            `parquet:"references"`
	HeapcauseVersion string            `parquet:"heapcause_version"`
	Labels           map[string]string `parquet:"labels"`
}

type objectRow struct {
	Address     int64  `parquet:"address"`
	ClassID     int64  `parquet:"class_id,dict"`
	Shallow     int64  `parquet:"shallow,dict"`
	Retained    int64  `parquet:"retained,dict"`
	Strength    string `parquet:"strength,dict"`
	ArrayLength *int32 `parquet:"array_length,optional"`
}

type referenceRow struct {
	From  int64  `parquet:"from_address"`
	To    int64  `parquet:"to_address"`
	Kind  string `parquet:"kind,dict"`
	Field string `parquet:"field,optional,dict"`
	Index *int32 `parquet:"index,optional"`
}

type classRow struct {
	ClassID        int64  `parquet:"class_id"`
	Name           string `parquet:"name"`
	Package        string `parquet:"package,dict"`
	SuperID        int64  `parquet:"super_id,optional"`
	Loader         int64  `parquet:"loader,optional"`
	LoaderName     string `parquet:"loader_name,dict"`
	CodeSource     string `parquet:"code_source,optional,dict"`
	Library        string `parquet:"library,optional,dict"`
	LibraryVersion string `parquet:"library_version,optional,dict"`
	Instances      int64  `parquet:"instances"`
	Shallow        int64  `parquet:"shallow"`
	Retained       int64  `parquet:"retained"`
}

type rootRow struct {
	Address int64  `parquet:"address"`
	Kind    string `parquet:"kind,dict"`
	Thread  *int32 `parquet:"thread_serial,optional"`
	Frame   *int32 `parquet:"frame,optional"`
}

type threadRow struct {
	Serial     int32  `parquet:"thread_serial"`
	Address    int64  `parquet:"address,optional"`
	Name       string `parquet:"name"`
	Daemon     bool   `parquet:"daemon"`
	Priority   *int32 `parquet:"priority,optional"`
	State      string `parquet:"state,optional,dict"`
	Retained   int64  `parquet:"retained"`
	StackDepth int32  `parquet:"stack_depth"`
}

type frameRow struct {
	Serial int32  `parquet:"thread_serial"`
	Depth  int32  `parquet:"depth"`
	Class  string `parquet:"class,dict"`
	Method string `parquet:"method,dict"`
	Source string `parquet:"source,optional,dict"`
	Line   int32  `parquet:"line,optional"`
	Locals int32  `parquet:"locals"`
}

type stringRow struct {
	Address      int64   `parquet:"address"`
	Hash         int64   `parquet:"hash,optional,plain,uncompressed"`
	Length       int32   `parquet:"length"`
	Bytes        int64   `parquet:"bytes,dict"`
	Value        *string `parquet:"value,optional"`
	OwnerClass   int64   `parquet:"owner_class_id,optional,dict"`
	Owner        string  `parquet:"owner,optional,dict"`
	OwnerLibrary string  `parquet:"owner_library,optional,dict"`
	OwnerVersion string  `parquet:"owner_version,optional,dict"`
}

type dominatorRow struct {
	Address   int64 `parquet:"address"`
	Dominator int64 `parquet:"dominator,optional"`
}

type findingRow struct {
	Rule       string  `parquet:"rule"`
	Severity   string  `parquet:"severity"`
	Confidence string  `parquet:"confidence"`
	Signature  string  `parquet:"signature"`
	Headline   string  `parquet:"headline"`
	Retained   int64   `parquet:"retained"`
	Share      float64 `parquet:"share"`
	Objects    int64   `parquet:"objects"`
	Class      string  `parquet:"class,optional"`
	Fix        string  `parquet:"fix"`
}
