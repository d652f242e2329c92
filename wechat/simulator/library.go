package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// keyword is one line of a template in the library: in the content of a template it is {{thing1.DATA}}, of its kind and
// number.
type keyword struct {
	Number  string   // what its key ends with: the kid of notices
	Kind    string   // the prefix of its key, which is the rule for its values
	Name    string   // what the fan reads before the value
	Example string   // a value that keeps the rule
	Enum    []string // of kind const: the values that were approved
}

func (k keyword) key() string { return k.Kind + k.Number }

// libraryTemplate is a template of the public library. The real library has many thousands that change daily; these are of its
// kind and made up.
type libraryTemplate struct {
	ID       string // template_id_short; of notices the tid
	Title    string
	Industry int // code of the trade that it is for; of notices the category
	LongTerm bool
	Keywords []keyword
}

// The keywords that several templates share.
var (
	kwName    = keyword{"1", "name", "姓名", "李晓", nil}
	kwPhone   = keyword{"2", "phone_number", "联系电话", "400-1234567", nil}
	kwShop    = keyword{"3", "thing", "门店", "人民广场店", nil}
	kwTime    = keyword{"4", "time", "时间", "2026-11-08 10:00", nil}
	kwOrder   = keyword{"5", "character_string", "订单编号", "A20261108001", nil}
	kwAmount  = keyword{"6", "amount", "金额", "¥25.00", nil}
	kwHint    = keyword{"7", "thing", "温馨提示", "请按时到店", nil}
	kwDay     = keyword{"8", "date", "到期日期", "2026年11月30日", nil}
	kwCoupon  = keyword{"9", "thing", "优惠券名称", "满百减二十", nil}
	kwPoints  = keyword{"10", "number", "当前积分", "1280", nil}
	kwState   = keyword{"11", "phrase", "状态", "已完成", nil}
	kwPlate   = keyword{"12", "car_number", "车牌号", "沪A12345", nil}
	kwProject = keyword{"13", "thing", "活动名称", "秋季新品品鉴", nil}
	kwStep    = keyword{"14", "const", "进度", "处理中", []string{"待处理", "处理中", "已处理"}}
	kwSeat    = keyword{"15", "letter", "区域", "B", nil}
)

// library are the templates for template messages: numbers are of the library of categories, TM… and OPENTM… of the old one.
var library = []libraryTemplate{
	{"43216", "优惠券到账通知", 31, false, []keyword{kwCoupon, kwAmount, kwDay, kwShop, kwHint}},
	{"43217", "优惠券到期提醒", 31, false, []keyword{kwCoupon, kwDay, kwShop, kwHint}},
	{"43402", "会员积分变动通知", 31, false, []keyword{kwName, kwPoints, kwTime, kwHint}},
	{"43818", "预约成功通知", 10, false, []keyword{kwShop, kwTime, kwName, kwPhone, kwSeat}},
	{"44105", "订单发货通知", 1, false, []keyword{kwOrder, kwTime, kwState, kwHint}},
	{"44310", "订单支付成功通知", 1, false, []keyword{kwOrder, kwAmount, kwTime, kwShop}},
	{"45207", "活动报名成功通知", 16, false, []keyword{kwProject, kwTime, kwShop, kwName}},
	{"46133", "车辆服务进度提醒", 25, false, []keyword{kwPlate, kwStep, kwTime, kwPhone}},
	{"TM00015", "订单支付成功", 1, false, []keyword{
		{"1", "keyword", "支付金额", "25.00元", nil}, {"2", "keyword", "商品信息", "秋季礼盒", nil},
	}},
	{"OPENTM207685059", "会员到期提醒", 31, false, []keyword{
		{"1", "keyword", "会员", "李晓", nil}, {"2", "keyword", "到期时间", "2026-11-30", nil}, {"3", "keyword", "等级", "金卡", nil},
	}},
}

// noticeCategories are the service categories of every account, for notices: id → name.
var noticeCategories = []noticeCategory{{307, "线下零售"}, {616, "餐饮服务"}, {402, "公立医疗机构"}}

type noticeCategory struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// noticeLibrary are the templates for notices. Those that may be sent for good after one consent are for public services only.
var noticeLibrary = []libraryTemplate{
	{"1861", "新品到货提醒", 307, false, []keyword{kwProject, kwTime, kwShop, kwHint}},
	{"2036", "优惠券到期提醒", 307, false, []keyword{kwCoupon, kwDay, kwHint}},
	{"5127", "排队进度提醒", 616, false, []keyword{kwShop, kwSeat, kwStep, kwHint}},
	{"7702", "就诊提醒", 402, true, []keyword{kwName, kwTime, kwShop, kwPhone, kwHint}},
}

func find(list []libraryTemplate, id string) (libraryTemplate, bool) {
	i := slices.IndexFunc(list, func(t libraryTemplate) bool { return t.ID == id })
	if i < 0 {
		return libraryTemplate{}, false
	}
	return list[i], true
}

// ownTemplate is a template that an account has taken from the library.
type ownTemplate struct {
	Seq      int        `json:"seq"` // order in which they were taken
	Title    string     `json:"title"`
	Industry int        `json:"industry,omitempty"`
	LongTerm bool       `json:"long_term,omitempty"`
	Content  string     `json:"content,omitempty"`
	Example  string     `json:"example,omitempty"`
	Fields   []ownField `json:"fields,omitempty"` // nil: an id of the configuration, whose content is not known
	Deleted  bool       `json:"deleted,omitempty"`
}

// ownField is a key that the template has.
type ownField struct {
	Key  string   `json:"key"`
	Enum []string `json:"enum,omitempty"`
}

// own makes the account's template of the keywords, in their order.
func (t libraryTemplate) own(seq int, keywords []keyword) ownTemplate {
	o := ownTemplate{Seq: seq, Title: t.Title, Industry: t.Industry, LongTerm: t.LongTerm}
	var content, example strings.Builder
	for _, k := range keywords {
		content.WriteString(k.Name + ":{{" + k.key() + ".DATA}}\n")
		example.WriteString(k.Name + ":" + k.Example + "\n")
		o.Fields = append(o.Fields, ownField{Key: k.key(), Enum: k.Enum})
	}
	o.Content, o.Example = content.String(), example.String()
	return o
}

// newTemplateID is 43 characters, as the platform's are; the same in every run.
func newTemplateID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// nextSeq is the number of the next template of the table.
func nextSeq(t *table[ownTemplate]) int {
	n := 1
	for _, o := range t.rows {
		n = max(n, o.Seq+1)
	}
	return n
}

// ownID is an account's template with its id.
type ownID struct {
	id string
	ownTemplate
}

// listOwn are the templates that the account has: those of the configuration, then those it took, in order.
func (a *account) listOwn(t *table[ownTemplate]) []ownID {
	var list []ownID
	for _, id := range a.Templates {
		if _, known := t.get(id); !known {
			list = append(list, ownID{id, ownTemplate{}})
		}
	}
	for id, o := range t.rows {
		if !o.Deleted {
			list = append(list, ownID{id, o})
		}
	}
	slices.SortStableFunc(list, func(x, y ownID) int { return x.Seq - y.Seq })
	return list
}

// findOwn finds the account's template of an id: 40036 for one that cannot be an id, 40037 for one it does not have.
func (a *account) findOwn(t *table[ownTemplate], id string) (ownTemplate, error) {
	o, known := t.get(id)
	switch {
	case known && !o.Deleted:
		return o, nil
	case !known && slices.Contains(a.Templates, id):
		return ownTemplate{}, nil
	case id == "" || len(id) > maxTemplateID:
		return ownTemplate{}, fail(40036)
	default:
		return ownTemplate{}, fail(40037)
	}
}

// dropOwn takes a template from the account, also one of the configuration.
func (a *account) dropOwn(t *table[ownTemplate], id string) {
	if slices.Contains(a.Templates, id) {
		t.put(id, ownTemplate{Deleted: true})
		return
	}
	t.drop(id)
}

// maxTemplateID is the length of template ids. The page gives the code for a wrong length and no figure.
const maxTemplateID = 64
