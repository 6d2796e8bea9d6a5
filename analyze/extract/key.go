package extract

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// key is a secret by which values are replaced. Not for concurrent use.
type key struct {
	block   cipher.Block
	in, out [aes.BlockSize]byte
}

// newKey makes one at random; nobody learns it.
func newKey() (*key, error) {
	var b [aes.BlockSize]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(b[:])
	return &key{block: block}, err
}

// hash returns 128 bits that only the key's owner can tell from the numbers.
func (k *key) hash(a, b uint64) (uint64, uint64) {
	binary.LittleEndian.PutUint64(k.in[:], a)
	binary.LittleEndian.PutUint64(k.in[8:], b)
	k.block.Encrypt(k.out[:], k.in[:])
	return binary.LittleEndian.Uint64(k.out[:]), binary.LittleEndian.Uint64(k.out[8:])
}

// rounds of the Feistel network: more than the four that make it hard to tell from a random permutation, as its halves are small.
const rounds = 8

// permute maps the numbers below n (0: all of 64 bits) to each other, one to one; tweak chooses the permutation. It is a
// balanced Feistel network over the next even number of bits, walked until it comes back below n (Black and Rogaway, "Ciphers
// with Arbitrary Finite Domains", 2002).
func (k *key) permute(tweak, n, x uint64) uint64 {
	if n == 1 {
		return x
	}
	half := (bits.Len64(n-1) + 1) / 2
	mask := uint64(1)<<half - 1
	for {
		l, r := x>>half, x&mask
		for i := range uint64(rounds) {
			f, _ := k.hash(r, tweak<<8|i)
			l, r = r, (l^f)&mask
		}
		if x = l<<half | r; n == 0 || x < n {
			return x
		}
	}
}
