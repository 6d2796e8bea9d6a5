package graph

// SetSamplePieces makes samples of that many pieces until restored, so that small dumps are sampled like large ones.
func SetSamplePieces(n int64) (restore func()) {
	old := samplePieces
	samplePieces = n
	return func() { samplePieces = old }
}
