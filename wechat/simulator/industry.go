package simulator

import (
	"encoding/json"
	"strconv"
	"time"
)

// industry is one of the trades among which an account chooses two for its template messages.
type industry struct {
	First  string `json:"first_class"`
	Second string `json:"second_class"`
}

// industries are the trades by their code, from 1.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_setindustry.html, which lists them
var industries = []industry{
	1: {"IT科技", "互联网/电子商务"}, 2: {"IT科技", "IT软件与服务"}, 3: {"IT科技", "IT硬件与设备"}, 4: {"IT科技", "电子技术"},
	5: {"IT科技", "通信与运营商"}, 6: {"IT科技", "网络游戏"}, 7: {"金融业", "银行"}, 8: {"金融业", "基金理财信托"}, 9: {"金融业", "保险"},
	10: {"餐饮", "餐饮"}, 11: {"酒店旅游", "酒店"}, 12: {"酒店旅游", "旅游"}, 13: {"运输与仓储", "快递"}, 14: {"运输与仓储", "物流"},
	15: {"运输与仓储", "仓储"}, 16: {"教育", "培训"}, 17: {"教育", "院校"}, 18: {"政府与公共事业", "学术科研"}, 19: {"政府与公共事业", "交警"},
	20: {"政府与公共事业", "博物馆"}, 21: {"政府与公共事业", "公共事业非盈利机构"}, 22: {"医药护理", "医药医疗"}, 23: {"医药护理", "护理美容"},
	24: {"医药护理", "保健与卫生"}, 25: {"交通工具", "汽车相关"}, 26: {"交通工具", "摩托车相关"}, 27: {"交通工具", "火车相关"},
	28: {"交通工具", "飞机相关"}, 29: {"房地产", "建筑"}, 30: {"房地产", "物业"}, 31: {"消费品", "消费品"}, 32: {"商业服务", "法律"},
	33: {"商业服务", "会展"}, 34: {"商业服务", "中介服务"}, 35: {"商业服务", "认证"}, 36: {"商业服务", "审计"}, 37: {"文体娱乐", "传媒"},
	38: {"文体娱乐", "体育"}, 39: {"文体娱乐", "娱乐休闲"}, 40: {"印刷", "印刷"}, 41: {"其它", "其它"},
}

// industryChoice is what an account chose, and when.
type industryChoice struct {
	Primary   int       `json:"primary"`
	Secondary int       `json:"secondary"`
	At        time.Time `json:"at"`
}

const industryRow = "account"

// industrySet answers template/api_set_industry. A second change within a calendar month is 43100. A code that is no number is
// 40103, one that is none of the list 40102; the page does not tell the two apart.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_setindustry.html
func industrySet(c *call) (any, error) {
	var req struct {
		First  json.RawMessage `json:"industry_id1"` // the page's example has strings, its table numbers
		Second json.RawMessage `json:"industry_id2"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	var codes [2]int
	for i, raw := range []json.RawMessage{req.First, req.Second} {
		n, ok := tagNumber(raw)
		switch {
		case !ok:
			return nil, fail(40103)
		case n < 1 || n >= len(industries):
			return nil, fail(40102)
		}
		codes[i] = n
	}
	old, chosen := c.a.sends.industry.get(industryRow)
	if chosen && old.At.In(shanghai).Format(month) == c.now.In(shanghai).Format(month) {
		return nil, fail(43100)
	}
	c.a.sends.industry.put(industryRow, industryChoice{Primary: codes[0], Secondary: codes[1], At: c.now})
	return nil, nil
}

// industryGet answers template/get_industry. An account that never chose has no trades; their names are empty.
// Source: developers.weixin.qq.com/doc/service/api/notify/template/api_getindustry.html
func industryGet(c *call) (any, error) {
	choice, _ := c.a.sends.industry.get(industryRow)
	return map[string]industry{
		"primary_industry":   industries[choice.Primary],
		"secondary_industry": industries[choice.Secondary],
	}, nil
}

// inTrade reports whether a template of the trade fits the account. One that never chose trades may have any.
func (a *account) inTrade(code int) bool {
	choice, chosen := a.sends.industry.get(industryRow)
	return !chosen || choice.Primary == code || choice.Secondary == code
}

// industryName is a trade as lists of templates show it.
func industryName(code int) (first, second string) {
	if code < 1 || code >= len(industries) {
		return "", strconv.Itoa(code)
	}
	return industries[code].First, industries[code].Second
}
