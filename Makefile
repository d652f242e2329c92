# fanflow. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build test deps check fmt bench fuzz clean

TOOL := go tool -modfile=$(CURDIR)/tools/go.mod
FUZZTIME ?= 20s

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the binary ./fanflow, static, for this machine
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o fanflow ./cmd/fanflow

test: ## everything: deps where missing, check, tests with the race detector, browser tests, npm libraries
	@tools/test.sh

deps: ## install what the tests need besides Go: a C compiler, Chromium, Chinese fonts, Node
	@tools/deps.sh

check: ## vet, gofumpt, staticcheck, tidy modules
	go vet ./...
	cd e2e && go vet ./...
	@files=$$($(TOOL) gofumpt -l .); test -z "$$files" || { echo "not formatted, run make fmt:"; echo "$$files"; exit 1; }
	$(TOOL) staticcheck ./...
	cd e2e && $(TOOL) staticcheck ./...
	go mod tidy -diff
	cd e2e && go mod tidy -diff
	cd tools && go mod tidy -diff

fmt: ## format the Go code
	$(TOOL) gofumpt -w .

bench: ## fanflow beside its yardsticks, interleaved; about thirteen minutes, prints tables
	go run ./bench/run

fuzz: ## every fuzz target for FUZZTIME (20s)
	@tools/fuzz.sh $(FUZZTIME)

clean: ## remove what build leaves
	rm -f fanflow
