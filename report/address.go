package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Address is the identifier of an object in the dump, on HotSpot its address.
// It is written "0x…" in lower-case hexadecimal without leading zeros. Zero
// means "no object".
type Address uint64

// String returns the address as "0x…".
func (a Address) String() string {
	return "0x" + strconv.FormatUint(uint64(a), 16)
}

// MarshalText writes the address as "0x…".
func (a Address) MarshalText() ([]byte, error) {
	return []byte(a.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Address) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "0x")
	if !ok {
		return fmt.Errorf("report: address %q does not start with 0x", text)
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return fmt.Errorf("report: address %q: %w", text, err)
	}
	*a = Address(n)
	return nil
}
