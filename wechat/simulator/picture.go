package simulator

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
)

// A QR code of version 4 with error correction L: 33 modules a side, 80 bytes of data and 20 of correction in one block, of
// which 78 are the text's. That is enough for the URL of a code with a parameter.
// Source: ISO/IEC 18004.
const (
	qrSide  = 33
	qrData  = 80
	qrCheck = 20
	qrText  = 78
	qrScale = 12 // pixels a module
	qrQuiet = 4  // modules of white around it
)

// qrPicture is a JPEG of the QR code of text, 492 pixels a side.
func qrPicture(text string) ([]byte, error) {
	if len(text) > qrText {
		return nil, fmt.Errorf("simulator: a QR code of %d bytes, at most %d fit", len(text), qrText)
	}
	m := &qrMatrix{}
	m.patterns()
	data := qrBytes(text)
	m.fill(append(data, qrRemainder(data)...))
	side := (qrSide + 2*qrQuiet) * qrScale
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			r, c := y/qrScale-qrQuiet, x/qrScale-qrQuiet
			dark := r >= 0 && r < qrSide && c >= 0 && c < qrSide && m.dark[r][c]
			if !dark {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90})
	return b.Bytes(), err
}

// qrBytes is the data block: the byte mode's mark, the length, the text, and padding.
func qrBytes(text string) []byte {
	b := make([]byte, 0, qrData+qrCheck)
	high := byte(0b0100)
	for _, v := range append([]byte{byte(len(text))}, text...) {
		b = append(b, high<<4|v>>4)
		high = v & 0x0f
	}
	b = append(b, high<<4) // and the terminator
	for pad := byte(0xec); len(b) < qrData; pad ^= 0xec ^ 0x11 {
		b = append(b, pad)
	}
	return b
}

// qrRemainder is the Reed–Solomon check of the data over GF(256) with the polynomial 0x11d.
func qrRemainder(data []byte) []byte {
	generator := []byte{1}
	for root, i := byte(1), 0; i < qrCheck; root, i = qrTimes(root, 2), i+1 {
		next := append(bytes.Clone(generator), 0)
		for j, g := range generator {
			next[j+1] ^= qrTimes(g, root)
		}
		generator = next
	}
	rest := make([]byte, qrCheck)
	for _, d := range data {
		factor := d ^ rest[0]
		rest = append(rest[1:], 0)
		for j := range rest {
			rest[j] ^= qrTimes(generator[j+1], factor)
		}
	}
	return rest
}

// qrTimes multiplies in GF(256).
func qrTimes(x, y byte) byte {
	z := 0
	for i := 7; i >= 0; i-- {
		z = z << 1
		if z&0x100 != 0 {
			z ^= 0x11d
		}
		if y>>i&1 != 0 {
			z ^= int(x)
		}
	}
	return byte(z)
}

// qrMatrix is the square; set are the modules that carry no data.
type qrMatrix struct{ dark, set [qrSide][qrSide]bool }

func (m *qrMatrix) put(r, c int, dark bool) {
	if r >= 0 && r < qrSide && c >= 0 && c < qrSide {
		m.dark[r][c], m.set[r][c] = dark, true
	}
}

// square draws rings around a middle: dark where the distance is not light.
func (m *qrMatrix) square(r, c, radius int, light ...int) {
	for dr := -radius; dr <= radius; dr++ {
		for dc := -radius; dc <= radius; dc++ {
			far, dark := max(dr, -dr, dc, -dc), true
			for _, l := range light {
				dark = dark && far != l
			}
			m.put(r+dr, c+dc, dark)
		}
	}
}

// qrFormat are the 15 bits for level L and mask 0, with their check and mask.
const qrFormat = 0b111011111000100

// patterns draws what every code of this version has.
func (m *qrMatrix) patterns() {
	for i := range qrSide { // timing
		m.put(6, i, i%2 == 0)
		m.put(i, 6, i%2 == 0)
	}
	m.square(3, 3, 4, 2, 4) // finders with their white border
	m.square(3, qrSide-4, 4, 2, 4)
	m.square(qrSide-4, 3, 4, 2, 4)
	m.square(26, 26, 2, 1) // alignment
	for i := range 15 {
		bit := qrFormat>>i&1 != 0
		switch { // beside the first finder
		case i < 6:
			m.put(i, 8, bit)
		case i < 8:
			m.put(i+1, 8, bit)
		case i == 8:
			m.put(8, 7, bit)
		default:
			m.put(8, 14-i, bit)
		}
		if i < 8 { // beside the two others
			m.put(8, qrSide-1-i, bit)
		} else {
			m.put(qrSide-15+i, 8, bit)
		}
	}
	m.put(qrSide-8, 8, true)
}

// fill lays the bits in columns of two from the right, up and down by turns, under mask 0.
func (m *qrMatrix) fill(data []byte) {
	bit, up := 0, true
	for right := qrSide - 1; right > 0; right -= 2 {
		if right == 6 { // the timing column
			right--
		}
		for i := range qrSide {
			r := i
			if up {
				r = qrSide - 1 - i
			}
			for _, c := range []int{right, right - 1} {
				if m.set[r][c] {
					continue
				}
				dark := bit < 8*len(data) && data[bit/8]>>(7-bit%8)&1 != 0
				m.dark[r][c] = dark != ((r+c)%2 == 0)
				bit++
			}
		}
		up = !up
	}
}
