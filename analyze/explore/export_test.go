package explore

// ReadAll makes answers as if each object were one of too many to be read by itself.
func ReadAll() (restore func()) {
	direct, referrers, sample := maxDirect, maxReferrers, maxSample
	maxDirect, maxReferrers, maxSample = 0, 2, 2
	return func() { maxDirect, maxReferrers, maxSample = direct, referrers, sample }
}
