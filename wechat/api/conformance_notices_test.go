package api_test

func noticeTable() []served { return nil }
