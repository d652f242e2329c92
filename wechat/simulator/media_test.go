package simulator_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanflow/wechat/simulator"
)

// Beginnings of files, enough to be recognised.
var (
	jpegFile = []byte("\xff\xd8\xff\xe0 a picture")
	pngFile  = []byte("\x89PNG\r\n\x1a\n a picture")
	bmpFile  = []byte("BM a picture")
	amrFile  = append([]byte("#!AMR\n"), bytes.Repeat([]byte{0x7c}, 10)...)
	mp3File  = []byte("ID3 a song")
	wavFile  = []byte("RIFF....WAVEfmt ")
	mp4File  = []byte("\x00\x00\x00\x18ftypmp42 a film")
)

// padded is a file of n bytes that begins as body does.
func padded(body []byte, n int) []byte {
	return append(append([]byte{}, body...), bytes.Repeat([]byte{'.'}, n-len(body))...)
}

// upload posts a file in the field media, with other fields beside it.
func (p *platform) upload(path, token, name string, body []byte, fields ...string) object {
	p.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			p.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("media", name)
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	res, err := http.Post(p.url+"/cgi-bin/"+path+separator+"access_token="+token, form.FormDataContentType(), &b)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return decode(p.t, string(text))
}

// download gets an address or a path of the platform.
func (p *platform) download(address string) (contentType string, body []byte) {
	p.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = p.url + address
	}
	res, err := http.Get(address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.Header.Get("Content-Type"), body
}

func TestMediaUploadRules(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	cases := []struct {
		path, name string
		body       []byte
		code       int
	}{
		{"media/upload?type=image", "a.jpg", jpegFile, 0},
		{"media/upload?type=image", "a.JPEG", pngFile, 0},
		{"media/upload?type=image", "a.png", padded(pngFile, 10<<20), 0},
		{"media/upload?type=image", "a.png", padded(pngFile, 10<<20+1), 40009},
		{"media/upload?type=image", "a.bmp", bmpFile, 40005},
		{"media/upload?type=image", "a.txt", jpegFile, 40005},
		{"media/upload?type=image", "a.jpg", []byte("no picture"), 40005},
		{"media/upload?type=image", "a.jpg", nil, 44001},
		{"media/upload?type=voice", "a.amr", amrFile, 0},
		{"media/upload?type=voice", "a.mp3", mp3File, 0},
		{"media/upload?type=voice", "a.wav", wavFile, 40005},
		{"media/upload?type=voice", "a.mp3", padded(mp3File, 2<<20+1), 40010},
		{"media/upload?type=voice", "a.amr", append([]byte("#!AMR\n"), bytes.Repeat([]byte{0x7c}, 3000)...), 0},
		{"media/upload?type=voice", "a.amr", append([]byte("#!AMR\n"), bytes.Repeat([]byte{0x7c}, 3001)...), 45007},
		{"media/upload?type=video", "a.mp4", mp4File, 0},
		{"media/upload?type=video", "a.mp4", padded(mp4File, 10<<20+1), 40011},
		{"media/upload?type=thumb", "a.jpg", padded(jpegFile, 64<<10), 0},
		{"media/upload?type=thumb", "a.jpg", padded(jpegFile, 64<<10+1), 40012},
		{"media/upload?type=thumb", "a.png", pngFile, 40005},
		{"media/upload?type=file", "a.jpg", jpegFile, 40004},
		{"media/upload", "a.jpg", jpegFile, 40004},
		{"media/uploadimg", "a.jpg", padded(jpegFile, 1<<20-1), 0},
		{"media/uploadimg", "a.jpg", padded(jpegFile, 1<<20), 40009},
		{"media/uploadimg", "a.gif", []byte("GIF89a"), 40005},
		{"material/add_material?type=image", "a.bmp", bmpFile, 0},
		{"material/add_material?type=voice", "a.wav", wavFile, 0},
		{"material/add_material?type=thumb", "a.jpg", padded(jpegFile, 64<<10+1), 40012},
		{"material/add_material?type=news", "a.jpg", jpegFile, 40004},
		{"material/add_material?type=video", "a.mp4", mp4File, 47001},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.path, " ", c.name, " ", len(c.body)), func(t *testing.T) {
			p.want(p.upload(c.path, token, c.name, c.body), c.code)
		})
	}
	p.want(p.post("media/upload", token+"&type=image", "no form"), 41005)
	if o := p.upload("media/upload?type=image", token, "a.jpg", padded(jpegFile, 25<<20)); o.code() != 45001 {
		t.Error(o)
	}
}

func TestMediaLifeAndDownload(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	token := p.token()
	o := p.want(p.upload("media/upload?type=image", token, "海报.jpg", jpegFile), 0)
	if o.text("type") != "image" || o.text("created_at") != fmt.Sprint(noon.Unix()) || len(o.text("media_id")) != 64 {
		t.Error(o)
	}
	get := func(call, id string) (string, []byte) {
		return p.download("/cgi-bin/" + call + "?access_token=" + token + "&media_id=" + url.QueryEscape(id))
	}
	if kind, body := get("media/get", o.text("media_id")); kind != "image/jpeg" || !bytes.Equal(body, jpegFile) {
		t.Errorf("%s %q", kind, body)
	}
	video := p.want(p.upload("media/upload?type=video", token, "a.mp4", mp4File), 0)
	_, body := get("media/get", video.text("media_id"))
	if kind, film := p.download(decode(t, string(body)).text("video_url")); kind != "video/mp4" || !bytes.Equal(film, mp4File) {
		t.Errorf("%s %q", kind, film)
	}
	voice := p.want(p.upload("media/upload?type=voice", token, "a.amr", amrFile), 0)
	if kind, sound := get("media/get/jssdk", voice.text("media_id")); kind != "voice/speex" || !bytes.Equal(sound, amrFile) {
		t.Errorf("%s %q", kind, sound)
	}
	if thumb := p.upload("media/upload?type=thumb", token, "a.jpg", jpegFile); thumb.text("thumb_media_id") == "" || thumb.text("media_id") != "" {
		t.Error(thumb)
	}
	refused := func(call, id string, code int) {
		t.Helper()
		_, body := get(call, id)
		p.want(decode(t, string(body)), code)
	}
	refused("media/get/jssdk", o.text("media_id"), 40007)
	refused("media/get", "made-up", 40007)
	refused("media/get", "", 41006)

	p.advance("71h59m")
	token = p.token()
	if kind, _ := get("media/get", o.text("media_id")); kind != "image/jpeg" {
		t.Error("gone before three days were over")
	}
	p.advance("1m")
	token = p.token()
	refused("media/get", o.text("media_id"), 40007)
}

func TestExpiredMediaLeaveTheDisk(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	p := start(t, simulator.Config{StateFile: state, Start: noon})
	files := func(want int) {
		t.Helper()
		if list, err := os.ReadDir(state + ".media"); err != nil || len(list) != want {
			t.Errorf("%d files, want %d: %v", len(list), want, err)
		}
	}
	p.want(p.upload("media/upload?type=image", p.token(), "a.jpg", jpegFile), 0)
	lasting := p.want(p.upload("material/add_material?type=image", p.token(), "a.jpg", jpegFile), 0).text("media_id")
	p.want(p.upload("media/uploadimg", p.token(), "a.jpg", jpegFile), 0)
	files(3)
	p.advance("3d")
	p.want(p.upload("media/upload?type=image", p.token(), "a.jpg", jpegFile), 0)
	files(3) // the first is gone, there is a new one
	p.want(p.post("material/del_material", p.token(), `{"media_id":"`+lasting+`"}`), 0)
	files(2)
}

func TestFanMediaCanBeDownloaded(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	for action, want := range map[string]string{`{"image":""}`: "image/jpeg", `{"voice":""}`: "audio/amr"} {
		p.back.reply(nil)
		p.do("fan1", action)
		id := p.back.deliveries()[0].field["MediaId"]
		if kind, body := p.download("/cgi-bin/media/get?access_token=" + token + "&media_id=" + id); kind != want || len(body) < 16 {
			t.Errorf("%s: %s, %d bytes", action, kind, len(body))
		}
	}
}

func TestLibrary(t *testing.T) {
	p := start(t, simulator.Config{Start: noon, LibraryLimits: map[string]int{"image": 2, "voice": 1}})
	token := p.token()
	add := func(kind, name string, body []byte) object {
		return p.upload("material/add_material?type="+kind, token, name, body, "description", `{"title":"新品","introduction":"介绍"}`)
	}
	one := p.want(add("image", "one.png", pngFile), 0)
	if kind, body := p.download(one.text("url")); kind != "image/png" || !bytes.Equal(body, pngFile) {
		t.Errorf("%s %q", kind, body)
	}
	p.advance("1s")
	two := p.want(add("image", "two.png", pngFile), 0)
	p.want(add("image", "three.png", pngFile), 45034)
	video := p.want(add("video", "a.mp4", mp4File), 0)
	count := p.want(p.api("GET", "material/get_materialcount?access_token="+token, ""), 0)
	if got := fmt.Sprint(count); got != "map[image_count:2 news_count:0 video_count:1 voice_count:0]" {
		t.Error(got)
	}
	list := p.want(p.post("material/batchget_material", token, `{"type":"image","offset":1,"count":20}`), 0)
	if list.text("total_count") != "2" || list.text("item_count") != "1" || !strings.Contains(list.text("item"), "name:one.png") {
		t.Error(list)
	}
	p.want(p.post("material/batchget_material", token, `{"type":"thumb","offset":0,"count":20}`), 40004)
	p.want(p.post("material/batchget_material", token, `{"type":"image","offset":0,"count":21}`), 40097)

	material := func(call, id string) (int, string) {
		return p.request("POST", "/cgi-bin/material/"+call+"?access_token="+token, `{"media_id":"`+id+`"}`)
	}
	if _, body := material("get_material", one.text("media_id")); body != string(pngFile) {
		t.Errorf("%q", body)
	}
	_, body := material("get_material", video.text("media_id"))
	if o := decode(t, body); o.text("title") != "新品" || o.text("description") != "介绍" || o.text("down_url") == "" {
		t.Error(body)
	}
	temporary := p.upload("media/upload?type=image", token, "a.jpg", jpegFile).text("media_id")
	for _, id := range []string{temporary, "made-up"} {
		_, body := material("get_material", id)
		p.want(decode(t, body), 40007)
	}
	if _, body := p.download("/cgi-bin/media/get?access_token=" + token + "&media_id=" + one.text("media_id")); decode(t, string(body)).code() != 40007 {
		t.Errorf("%s", body)
	}
	_, body = material("del_material", two.text("media_id"))
	p.want(decode(t, body), 0)
	_, body = material("del_material", two.text("media_id"))
	p.want(decode(t, body), 40007)
	p.want(add("image", "three.png", pngFile), 0)
}

func TestMaterialInMenuStays(t *testing.T) {
	p := start(t, simulator.Config{})
	token := p.token()
	id := p.want(p.upload("material/add_material?type=image", token, "a.png", pngFile), 0).text("media_id")
	p.want(p.post("menu/create", token, `{"button":[{"type":"media_id","name":"图","media_id":"`+id+`"}]}`), 0)
	p.want(p.post("material/del_material", token, `{"media_id":"`+id+`"}`), 48005)
	p.want(p.api("GET", "menu/delete?access_token="+token, ""), 0)
	p.want(p.post("material/del_material", token, `{"media_id":"`+id+`"}`), 0)
}

// TestFanMediaLeadNowhere gives a media id that is a path.
func TestFanMediaLeadNowhere(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	p := start(t, simulator.Config{StateFile: state})
	token := p.token()
	p.want(p.upload("media/upload?type=image", token, "a.jpg", jpegFile), 0)
	p.do("fan1", `{"image":"../state"}`)
	kind, body := p.download("/cgi-bin/media/get?access_token=" + token + "&media_id=../state")
	if kind != "image/jpeg" || bytes.Contains(body, []byte("fan1")) {
		t.Errorf("%s %q", kind, body)
	}
	_, all := p.request("GET", "/sim/state", "")
	for _, l := range strings.Split(strings.TrimSpace(all), "\n") {
		if o := decode(t, l); o.text("k") == "shelf" && o.text("id") == "../state" {
			t.Error("the state file was taken for the body of a picture")
		}
	}
}

// TestArticlesSurvive publishes over a restart.
func TestArticlesSurvive(t *testing.T) {
	config := simulator.Config{Accounts: []simulator.Account{service()}, StateFile: filepath.Join(t.TempDir(), "state"), Start: noon}
	var sim *simulator.Server
	w := &writer{}
	again := func() {
		if sim != nil {
			if err := sim.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if sim, err = simulator.New(config); err != nil {
			t.Fatal(err)
		}
		w.platform = serve(t, sim)
		w.token = w.platform.token()
	}
	again()
	w.cover = w.want(w.upload("material/add_material?type=thumb", w.token, "cover.jpg", jpegFile), 0).text("media_id")
	kept := w.draft("留着")
	id := w.want(w.post("freepublish/submit", w.token, `{"media_id":"`+w.draft("一")+`"}`), 0).text("publish_id")
	again()
	w.advance("10s")
	done := w.want(w.post("freepublish/get", w.token, `{"publish_id":"`+id+`"}`), 0)
	if done.text("publish_status") != "0" {
		t.Error(done)
	}
	again()
	defer sim.Close()
	w.want(w.post("freepublish/getarticle", w.token, `{"article_id":"`+done.text("article_id")+`"}`), 0)
	w.want(w.post("draft/get", w.token, `{"media_id":"`+kept+`"}`), 0)
}

// TestMediaSurvive starts a second simulator on the state file of a first that was not closed in time for its last body.
func TestMediaSurvive(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	open := func() (*simulator.Server, *platform) {
		sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}, StateFile: state})
		if err != nil {
			t.Fatal(err)
		}
		return sim, serve(t, sim)
	}
	sim, p := open()
	id := p.upload("material/add_material?type=image", p.token(), "a.png", pngFile).text("media_id")
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(state+".media", "torn.new")
	if err := os.WriteFile(torn, pngFile, 0o600); err != nil {
		t.Fatal(err)
	}
	sim, p = open()
	defer sim.Close()
	if _, body := p.request("POST", "/cgi-bin/material/get_material?access_token="+p.token(), `{"media_id":"`+id+`"}`); body != string(pngFile) {
		t.Errorf("%q", body)
	}
	if _, err := os.Stat(torn); !os.IsNotExist(err) {
		t.Error("a body without a record stayed")
	}
}

func TestTemporaryMediaFolderGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{service()}})
	if err != nil {
		t.Fatal(err)
	}
	p := serve(t, sim)
	token := p.token()
	p.want(p.upload("media/upload?type=image", token, "a.jpg", jpegFile), 0)
	if list, _ := os.ReadDir(os.TempDir()); len(list) != 1 {
		t.Error("no folder of media", list)
	}
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	if list, _ := os.ReadDir(os.TempDir()); len(list) != 0 {
		t.Error("the folder of media stayed", list)
	}
	p.want(p.upload("media/upload?type=image", token, "a.jpg", jpegFile), -1)
}
