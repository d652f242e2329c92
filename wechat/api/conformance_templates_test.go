package api_test

func templateTable() []served { return nil }
func noticeTable() []served   { return nil }
