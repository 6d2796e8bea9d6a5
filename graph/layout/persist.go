package layout

import (
	"encoding/binary"
	"errors"
)

var errDamagedModel = errors.New("layout: damaged model")

// AppendBinary writes the whole model as varints: UnmarshalBinary makes one that answers the same.
func (m *Model) AppendBinary(b []byte) ([]byte, error) {
	flag := func(x bool) int64 {
		if x {
			return 1
		}
		return 0
	}
	for _, x := range []int64{
		int64(m.HeaderBytes), int64(m.ArrayLengthOffset), int64(m.RefBytes), int64(m.WordBytes), int64(m.AlignBytes), int64(m.Generation),
		int64(m.Feature), int64(m.Observed), int64(m.Touches), int64(m.Violations), int64(m.Confirmed), int64(m.Unconfirmed),
		int64(m.Corrected), flag(m.Estimated), flag(m.Unverified), m.vm.header, m.vm.lengthOffset, m.vm.ref, m.vm.word, m.vm.align,
		flag(m.vm.elementAligned), int64(m.vm.generation), int64(m.feature), m.mirrorBase, int64(m.stackChunk), int64(len(m.Doubt)),
	} {
		b = binary.AppendVarint(b, x)
	}
	b = append(b, m.Doubt...)
	for _, of := range [][]int64{m.instance, m.mirror} {
		b = binary.AppendVarint(b, int64(len(of)))
		for _, x := range of {
			b = binary.AppendVarint(b, x)
		}
	}
	b = binary.AppendVarint(b, int64(len(m.basis)))
	for _, x := range m.basis {
		b = append(b, byte(x))
	}
	return b, nil
}

// UnmarshalBinary reads what AppendBinary wrote, and no more.
func (m *Model) UnmarshalBinary(b []byte) error {
	bad := false
	next := func() int64 {
		x, k := binary.Varint(b)
		if k <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[k:]
		return x
	}
	count := func() int64 { // of items of a byte or more
		n := next()
		if n < 0 || n > int64(len(b)) {
			bad, b = true, nil
			return 0
		}
		return n
	}
	for _, p := range []*int{&m.HeaderBytes, &m.ArrayLengthOffset, &m.RefBytes, &m.WordBytes, &m.AlignBytes} {
		*p = int(next())
	}
	m.Generation = Generation(next())
	for _, p := range []*int{&m.Feature, &m.Observed, &m.Touches, &m.Violations, &m.Confirmed, &m.Unconfirmed, &m.Corrected} {
		*p = int(next())
	}
	m.Estimated, m.Unverified = next() != 0, next() != 0
	v := &m.vm
	for _, p := range []*int64{&v.header, &v.lengthOffset, &v.ref, &v.word, &v.align} {
		*p = next()
	}
	v.elementAligned, v.generation = next() != 0, Generation(next())
	m.feature, m.mirrorBase, m.stackChunk = int(next()), next(), int32(next())
	n := count()
	m.Doubt, b = string(b[:n]), b[n:]
	for _, p := range []*[]int64{&m.instance, &m.mirror} {
		*p = make([]int64, count())
		for i := range *p {
			(*p)[i] = next()
		}
	}
	m.basis = make([]Basis, count())
	for i := range m.basis {
		m.basis[i] = Basis(b[i])
	}
	if b = b[len(m.basis):]; bad || len(b) > 0 {
		return errDamagedModel
	}
	return nil
}
