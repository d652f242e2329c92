package mem_test

import (
	"testing"

	"fanflow/store"
	"fanflow/store/mem"
	"fanflow/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Config{Open: func(testing.TB) store.Store { return mem.New() }})
}
