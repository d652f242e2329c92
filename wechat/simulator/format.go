package simulator

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The kinds of media, as the parameter type has them.
const (
	mediaImage = "image"
	mediaVoice = "voice"
	mediaVideo = "video"
	mediaThumb = "thumb"
	mediaNews  = "news"
)

// mediaRule is what a kind of media may be.
type mediaRule struct {
	formats []string // temporary
	lasting []string // in the library
	largest int      // bytes
	tooBig  int      // the errcode of more
}

// mediaRules are the platform's figures. Its page of temporary media says 10 MB for pictures and in its notes 2 MB; the larger
// is taken.
// Source: developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia.html and
// …/material/permanent/api_addmaterial.html
var mediaRules = map[string]mediaRule{
	mediaImage: {formats: []string{"png", "jpeg", "gif"}, lasting: []string{"bmp", "png", "jpeg", "gif"}, largest: 10 << 20, tooBig: 40009},
	mediaVoice: {formats: []string{"amr", "mp3"}, lasting: []string{"mp3", "wma", "wav", "amr"}, largest: 2 << 20, tooBig: 40010},
	mediaVideo: {formats: []string{"mp4"}, lasting: []string{"mp4"}, largest: 10 << 20, tooBig: 40011},
	mediaThumb: {formats: []string{"jpeg"}, lasting: []string{"jpeg"}, largest: 64 << 10, tooBig: 40012},
}

// inlineRule is for pictures within articles.
// Source: developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage.html
var inlineRule = mediaRule{formats: []string{"jpeg", "png"}, largest: 1<<20 - 1, tooBig: 40009}

// contentTypes are those of downloads.
var contentTypes = map[string]string{
	"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp",
	"amr": "audio/amr", "mp3": "audio/mpeg", "wma": "audio/x-ms-wma", "wav": "audio/wav", "mp4": "video/mp4",
}

// check returns the format of an upload. Both what the content begins with and the extension of the file's name have to be
// allowed; that they name the same format is not asked for.
func (r mediaRule) check(allowed []string, name string, body []byte) (string, error) {
	format := formatOf(body)
	switch {
	case len(body) == 0:
		return "", fail(44001)
	case !slices.Contains(allowed, format) || !slices.Contains(allowed, formatNamed(name)):
		return "", fail(40005)
	case len(body) > r.largest:
		return "", fail(r.tooBig)
	case format == "amr" && amrLength(body) > time.Minute: // the other formats' length is not measured
		return "", fail(45007)
	}
	return format, nil
}

// formatOf recognises a format by how the body begins; empty for what is no media.
func formatOf(body []byte) string {
	for _, f := range []struct {
		name, begins string
		at           int
	}{
		{"jpeg", "\xff\xd8\xff", 0},
		{"png", "\x89PNG\r\n\x1a\n", 0},
		{"gif", "GIF8", 0},
		{"bmp", "BM", 0},
		{"amr", "#!AMR", 0},
		{"mp3", "ID3", 0},
		{"wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0},
		{"wav", "WAVE", 8},
		{"mp4", "ftyp", 4},
	} {
		if len(body) >= f.at && bytes.HasPrefix(body[f.at:], []byte(f.begins)) {
			return f.name
		}
	}
	if len(body) > 1 && body[0] == 0xff && body[1]&0xe0 == 0xe0 { // an MP3 frame without a tag before it
		return "mp3"
	}
	return ""
}

// formatNamed is the format that a file's name claims.
func formatNamed(name string) string {
	ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	if ext == "jpg" {
		return "jpeg"
	}
	return ext
}

// amrFrames are the sizes of AMR frames by their mode, with the byte before them. Others end the count.
var amrFrames = [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 1, 1}

// amrLength counts the frames of a narrow-band AMR file, each 20 ms.
func amrLength(body []byte) time.Duration {
	body, ok := bytes.CutPrefix(body, []byte("#!AMR\n"))
	n := 0
	for ok && len(body) > 0 {
		size := amrFrames[body[0]>>3&15]
		if size == 0 || size > len(body) {
			break
		}
		body = body[size:]
		n++
	}
	return time.Duration(n) * 20 * time.Millisecond
}

// madeUp is the content of what a fan sent: a grey picture, a second of silence, an empty film.
func madeUp(kind string) (format string, body []byte) {
	switch kind {
	case mediaVoice:
		return "amr", append([]byte("#!AMR\n"), bytes.Repeat([]byte{0x7c}, 50)...)
	case mediaVideo:
		return "mp4", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat")
	default:
		picture := image.NewGray(image.Rect(0, 0, 16, 16))
		for i := range picture.Pix {
			picture.Pix[i] = color.Gray{Y: 128}.Y
		}
		var b bytes.Buffer
		_ = jpeg.Encode(&b, picture, nil) // a buffer takes all
		return "jpeg", b.Bytes()
	}
}
