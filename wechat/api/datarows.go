package api

// The rows of the data cube. Users are counted once each, counts every time. RefHour is 0 to 2300 in steps of 100, in rows by the
// hour only.

// UserSummary is who came and went on a day by one way.
type UserSummary struct {
	RefDate    Day        `json:"ref_date"`
	Source     UserSource `json:"user_source"`
	NewUser    int64      `json:"new_user"`
	CancelUser int64      `json:"cancel_user"`
}

// UserSource is the way by which a fan came.
type UserSource int

// The ways. Source: developers.weixin.qq.com/doc/service/api/wedata/user/api_getusersummary
const (
	SourceOther       UserSource = 0
	SourceSearch      UserSource = 1
	SourceCard        UserSource = 17 // of the account, sent by a friend
	SourceQR          UserSource = 30
	SourceArticleName UserSource = 57 // the account's name in an article
	SourceAds         UserSource = 100
	SourceMiniProgram UserSource = 149
	SourceReprint     UserSource = 161
	SourceChannels    UserSource = 200
	SourceLive        UserSource = 201
)

// UserCumulate is how many followed at the end of a day.
type UserCumulate struct {
	RefDate Day   `json:"ref_date"`
	Users   int64 `json:"cumulate_user"`
}

// ReadSource is how many read by one way; Scene is its name in Chinese, 全部 for all ways together.
type ReadSource struct {
	Users int64  `json:"user_count"`
	Scene string `json:"scene_desc"`
}

// ArticleRead is who read one article on a day.
type ArticleRead struct {
	RefDate Day    `json:"ref_date"`
	MsgID   string `json:"msgid"` // <msg_data_id>_<place from 1 on>
	Detail  struct {
		ReadUser int64        `json:"read_user"`
		Sources  []ReadSource `json:"read_user_source"`
	} `json:"detail"`
}

// ArticleShare is who shared one article on a day.
type ArticleShare struct {
	RefDate Day    `json:"ref_date"`
	MsgID   string `json:"msgid"`
	Detail  struct {
		ShareUser int64 `json:"share_user"`
	} `json:"detail"`
}

// ArticleTotalDetail is what became of one article since RefDate, when it was published.
type ArticleTotalDetail struct {
	RefDate     Day             `json:"ref_date"`
	MsgID       string          `json:"msgid"`
	PublishType int             `json:"publish_type"` // 0: followers were told; 1: they were not
	Title       string          `json:"title"`
	ContentURL  string          `json:"content_url"`
	Details     []ArticleDetail `json:"detail_list"`
}

// Engagement is what readers did.
type Engagement struct {
	ReadUser       int64        `json:"read_user"`
	Sources        []ReadSource `json:"read_user_source"`
	ShareUser      int64        `json:"share_user"`
	ZaikanUser     int64        `json:"zaikan_user"` // gave a heart
	LikeUser       int64        `json:"like_user"`   // gave a thumb
	CommentCount   int64        `json:"comment_count"`
	CollectionUser int64        `json:"collection_user"`
}

// ArticleDetail is what has become of an article from its first day up to StatDate.
type ArticleDetail struct {
	StatDate Day `json:"stat_date"`
	Engagement
	PraiseMoney       int64          `json:"praise_money"` // fen
	ReadSubscribeUser int64          `json:"read_subscribe_user"`
	DeliveryRate      float64        `json:"read_delivery_rate"`
	FinishRate        float64        `json:"read_finish_rate"`
	AvgActiveTime     float64        `json:"read_avg_activetime"` // minutes
	JumpPositions     []JumpPosition `json:"read_jump_position"`
}

// JumpPosition is which part of the readers left in the Position'th fifth of an article.
type JumpPosition struct {
	Position int     `json:"position"` // 1 to 5
	Rate     float64 `json:"rate"`
}

// BizSummary is what readers did with all articles on a day.
type BizSummary struct {
	RefDate Day `json:"ref_date"`
	Detail  struct {
		Engagement
		RedirectOriPageUser int64 `json:"redirect_ori_page_user"` // went to the original page
		SendPageCount       int64 `json:"send_page_count"`        // articles published
	} `json:"detail"`
}

// ReadCounts is how articles were read: the page itself, its original behind "read the original", shared, kept.
type ReadCounts struct {
	IntPageReadUser  int64 `json:"int_page_read_user"`
	IntPageReadCount int64 `json:"int_page_read_count"`
	OriPageReadUser  int64 `json:"ori_page_read_user"`
	OriPageReadCount int64 `json:"ori_page_read_count"`
	ShareUser        int64 `json:"share_user"`
	ShareCount       int64 `json:"share_count"`
	AddToFavUser     int64 `json:"add_to_fav_user"`
	AddToFavCount    int64 `json:"add_to_fav_count"`
}

// ArticleSummary is how one mass-sent article was read on a day.
type ArticleSummary struct {
	RefDate Day    `json:"ref_date"`
	MsgID   string `json:"msgid"`
	Title   string `json:"title"`
	ReadCounts
}

// ArticleTotal is what became of one article since RefDate, when it was mass-sent.
type ArticleTotal struct {
	RefDate Day                  `json:"ref_date"`
	MsgID   string               `json:"msgid"`
	Title   string               `json:"title"`
	Details []ArticleTotalCounts `json:"details"`
}

// ArticleTotalCounts is what had become of an article by the end of StatDate, and by which ways it was read and shared.
type ArticleTotalCounts struct {
	StatDate   Day   `json:"stat_date"`
	TargetUser int64 `json:"target_user"` // who got it
	ReadCounts
	FromSessionReadUser   int64 `json:"int_page_from_session_read_user"`
	FromSessionReadCount  int64 `json:"int_page_from_session_read_count"`
	FromHistMsgReadUser   int64 `json:"int_page_from_hist_msg_read_user"`
	FromHistMsgReadCount  int64 `json:"int_page_from_hist_msg_read_count"`
	FromFeedReadUser      int64 `json:"int_page_from_feed_read_user"`
	FromFeedReadCount     int64 `json:"int_page_from_feed_read_count"`
	FromFriendsReadUser   int64 `json:"int_page_from_friends_read_user"`
	FromFriendsReadCount  int64 `json:"int_page_from_friends_read_count"`
	FromOtherReadUser     int64 `json:"int_page_from_other_read_user"`
	FromOtherReadCount    int64 `json:"int_page_from_other_read_count"`
	FeedShareSessionUser  int64 `json:"feed_share_from_session_user"`
	FeedShareSessionCount int64 `json:"feed_share_from_session_cnt"`
	FeedShareFeedUser     int64 `json:"feed_share_from_feed_user"`
	FeedShareFeedCount    int64 `json:"feed_share_from_feed_cnt"`
	FeedShareOtherUser    int64 `json:"feed_share_from_other_user"`
	FeedShareOtherCount   int64 `json:"feed_share_from_other_cnt"`
}

// UserRead is how articles were read on a day, or in an hour of it, by one way.
type UserRead struct {
	RefDate Day `json:"ref_date"`
	RefHour int `json:"ref_hour"`
	// Source, since 2020-02-28: 0 session, 1 friends, 2 moments, 4 history, 5 other, 6 and 7 WeChat's own pages of articles and
	// search, 99999999 all of them.
	Source int `json:"user_source"`
	ReadCounts
}

// UserShare is how articles were shared on a day, or in an hour of it, to one place.
type UserShare struct {
	RefDate    Day   `json:"ref_date"`
	RefHour    int   `json:"ref_hour"`
	ShareScene int   `json:"share_scene"` // 1 friends, 2 moments, 255 other
	ShareUser  int64 `json:"share_user"`
	ShareCount int64 `json:"share_count"`
}

// UpstreamMsg is what fans sent of one kind on a day, in an hour of it, in a week or in a month.
type UpstreamMsg struct {
	RefDate  Day   `json:"ref_date"`
	RefHour  int   `json:"ref_hour"`
	MsgType  int   `json:"msg_type"` // 1 text, 2 image, 3 voice, 4 video, 6 third-party
	MsgUser  int64 `json:"msg_user"`
	MsgCount int64 `json:"msg_count"`
}

// UpstreamMsgDist is how many fans sent a number of messages.
type UpstreamMsgDist struct {
	RefDate       Day   `json:"ref_date"`
	CountInterval int   `json:"count_interval"` // 0: none, 1: 1 to 5, 2: 6 to 10, 3: more than 10
	MsgUser       int64 `json:"msg_user"`
}

// InterfaceSummary is how the account's server answered pushes on a day, or in an hour of it.
type InterfaceSummary struct {
	RefDate       Day   `json:"ref_date"`
	RefHour       int   `json:"ref_hour"`
	CallbackCount int64 `json:"callback_count"`
	FailCount     int64 `json:"fail_count"`
	TotalTimeCost int64 `json:"total_time_cost"` // over CallbackCount: the mean; no page gives the unit
	MaxTimeCost   int64 `json:"max_time_cost"`
}
