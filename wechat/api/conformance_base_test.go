package api_test

func baseTable() []served { return nil }
