package perfdata

import "encoding/binary"

// Encode writes performance data of these numbers and texts, in the order given: what tests read.
func Encode(order binary.ByteOrder, numbers []Number, texts []Text) []byte {
	b := make([]byte, prologueLen)
	binary.BigEndian.PutUint32(b, magic)
	if order == binary.ByteOrder(binary.LittleEndian) {
		b[4] = 1
	}
	b[5], b[7] = 2, 1
	order.PutUint32(b[24:], prologueLen)
	order.PutUint32(b[28:], uint32(len(numbers)+len(texts)))
	for _, n := range numbers {
		v := make([]byte, 8)
		order.PutUint64(v, uint64(n.Value))
		b = appendEntry(b, order, n.Name, 'J', 0, v)
	}
	for _, t := range texts {
		b = appendEntry(b, order, t.Name, 'B', uint32(len(t.Value)+1), append([]byte(t.Value), 0))
	}
	order.PutUint32(b[8:], uint32(len(b)))
	return b
}

// Number is a counter to encode.
type Number struct {
	Name  string
	Value int64
}

// Text is a text to encode.
type Text struct{ Name, Value string }

func appendEntry(b []byte, order binary.ByteOrder, name string, kind byte, elements uint32, value []byte) []byte {
	at := (entryLen + len(name) + 1 + 7) &^ 7
	e := make([]byte, (at+len(value)+7)&^7)
	order.PutUint32(e, uint32(len(e)))
	order.PutUint32(e[4:], entryLen)
	order.PutUint32(e[8:], elements)
	e[12] = kind
	order.PutUint32(e[16:], uint32(at))
	copy(e[entryLen:], name)
	copy(e[at:], value)
	return append(b, e...)
}
