package graph

// SetSamplePieces makes samples of that many pieces until restored, so that small dumps are sampled like large ones.
func SetSamplePieces(n int64) (restore func()) {
	old := samplePieces
	samplePieces = n
	return func() { samplePieces = old }
}

// SetMaxObjects lowers the number of objects that can be numbered.
func SetMaxObjects(n uint64) (restore func()) {
	old := maxObjects
	maxObjects = n
	return func() { maxObjects = old }
}

// SetAdjacencyStart has adjacency lists begin at that byte.
func SetAdjacencyStart(at int64) (restore func()) {
	old := adjacencyStart
	adjacencyStart = at
	return func() { adjacencyStart = old }
}

// SetInboundCrowd has repetitions among inbound references looked for from so many pairs on.
func SetInboundCrowd(n int) (restore func()) {
	old := inCrowd
	inCrowd = n
	return func() { inCrowd = old }
}
