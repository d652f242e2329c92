package wechat

import "strconv"

type (
	// SendResult is TEMPLATESENDJOBFINISH or MASSSENDJOBFINISH. Everything but Status is of mass sends only. The platform sends it
	// shortly before a mass send ends: the counts are nearly right.
	// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html (event of the result).
	SendResult struct {
		// Status as WeChat writes it. Of a template message: success, failed:user block, failed: system failed (with and without
		// the space). Of a mass send: send success, send fail, err(10001), …
		Status                                         string
		TotalCount, FilterCount, SentCount, ErrorCount int64
		Copyright                                      CopyrightResult
		ArticleURLs                                    []ArticleURL // of the articles sent
	}
	// CopyrightResult is the check of a mass send's articles for reprints; the zero value where there was none.
	// CheckState: 1 no reprint, 2 a reprint that may be sent, 3 a reprint that may not.
	CopyrightResult struct {
		CheckState int
		Items      []CopyrightItem
	}
	// CopyrightItem is the check of one article.
	CopyrightItem struct {
		ArticleIdx            int // from 1
		UserDeclareState      int // 0 nothing, 1 original, 2 reprint
		AuditState            int // 0 not checked, 1 being checked, 11 passed, any other: not passed
		OriginalArticleURL    string
		OriginalArticleType   int // 1 original, 2 not original (older), 3 news, 4 blacklisted
		CanReprint            bool
		NeedReplaceContent    bool
		NeedShowReprintSource bool
	}
	// ArticleURL is where an article of a mass send can be read.
	ArticleURL struct {
		ArticleIdx int // from 1
		ArticleURL string
	}
	// PublishResult is PUBLISHJOBFINISH, also under the names FREEPUBLISHJOBFINISH and MASSSENDJOBFINISH that the platform's pages
	// had for it. PublishStatus: 0 done, 1 running, 2 the check for originality failed, 3 failed, 4 refused by the platform's review,
	// 5 deleted by the user since, 6 banned by the platform since.
	// Source: developers.weixin.qq.com/doc/subscription/api/public/api_freepublish_submit.html (event of the result).
	PublishResult struct {
		PublishID     string
		PublishStatus int
		ArticleID     string       // where it was published
		Articles      []ArticleURL // likewise
		FailIdx       []int        // with status 2 or 4: the articles that did not pass, from 1
	}
)

func (*SendResult) body()    {}
func (*PublishResult) body() {}

// jobResult tells the job by what the event holds: publications were pushed under the names of others.
func jobResult(d *document) Body {
	if info := d.find(root, "PublishEventInfo"); info != absent {
		return publishResult(d, info)
	}
	r := &SendResult{
		Status:      d.text(root, "Status"),
		TotalCount:  d.number(root, "TotalCount"),
		FilterCount: d.number(root, "FilterCount"),
		SentCount:   d.number(root, "SentCount"),
		ErrorCount:  d.number(root, "ErrorCount"),
	}
	if check := d.find(root, "CopyrightCheckResult"); check != absent {
		r.Copyright = copyrightResult(d, check)
	}
	if urls := d.find(root, "ArticleUrlResult"); urls != absent {
		for _, i := range d.rows(urls, "ArticleUrl") {
			r.ArticleURLs = append(r.ArticleURLs, ArticleURL{int(d.number(i, "ArticleIdx")), d.word(i, "ArticleUrl")})
		}
	}
	return r
}

func copyrightResult(d *document, check int32) CopyrightResult {
	c := CopyrightResult{CheckState: int(d.number(check, "CheckState"))}
	for _, i := range d.rows(check, "ArticleIdx") {
		c.Items = append(c.Items, CopyrightItem{
			ArticleIdx:            int(d.number(i, "ArticleIdx")),
			UserDeclareState:      int(d.number(i, "UserDeclareState")),
			AuditState:            int(d.number(i, "AuditState")),
			OriginalArticleURL:    d.word(i, "OriginalArticleUrl"),
			OriginalArticleType:   int(d.number(i, "OriginalArticleType")),
			CanReprint:            d.number(i, "CanReprint") != 0,
			NeedReplaceContent:    d.number(i, "NeedReplaceContent") != 0,
			NeedShowReprintSource: d.number(i, "NeedShowReprintSource") != 0,
		})
	}
	return c
}

func publishResult(d *document, info int32) Body {
	r := &PublishResult{
		PublishID: d.word(info, "publish_id"), PublishStatus: int(d.number(info, "publish_status")), ArticleID: d.word(info, "article_id"),
	}
	for _, i := range d.rows(info, "article_url") {
		r.Articles = append(r.Articles, ArticleURL{int(d.number(i, "idx")), d.word(i, "article_url")})
	}
	for _, w := range d.all(info, "fail_idx") {
		if n, err := strconv.Atoi(w); err == nil {
			r.FailIdx = append(r.FailIdx, n)
		}
	}
	return r
}

func (r *PublishResult) appendIdentity(id []byte) []byte { return appendWords(id, r.PublishID) }
