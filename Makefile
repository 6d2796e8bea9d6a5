# heapcause: build, test and the rest. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --abbrev=12 --dirty 2>/dev/null || echo dev)
BINARY   := bin/heapcause
TOOLS    := .ci/tools/go.mod
# A number of executions or a time. Executions by default: before Go 1.27 the end of a time is at times reported as a failure (golang/go#75804).
FUZZTIME ?= 20000x
DEMO     := testdata/demo.hprof.gz

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binary bin/heapcause
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $(BINARY) ./cmd/heapcause

.PHONY: release
release: ## Build what is published into dist/: archives, Debian packages, bills of materials, checksums (docs/install.md)
	$(GO) -C .ci/release run . -version '$(filter-out %-dirty,$(VERSION))' -maintainer '$(MAINTAINER)'

.PHONY: release-test
release-test: ## Make the release for linux/amd64 twice, from two clones of the commit, compare, and install it
	$(GO) -C .ci/release test -count=1 .

.PHONY: release-check
release-check: ## The same for all platforms, once from an empty build cache (minutes)
	$(GO) -C .ci/release test -count=1 -timeout 60m . -all

.PHONY: demo
demo: build ## Build, then analyse the demo dump
	./$(BINARY) analyze $(DEMO)

.PHONY: test
test: testdata ## Run every test, on real dumps too where there is a JDK
	$(GO) test -timeout 20m ./...

.PHONY: race
race: ## Run the tests, but the slow ones, of what runs concurrently with the race detector; the rules all together
	CGO_ENABLED=1 $(GO) test -race -short -vet=off -timeout 20m ./analyze ./analyze/rules $$(grep -rlE '"sync(/atomic)?"|x/sync/errgroup"|^\s+go [a-z.]+\(' --include='*.go' analyze cmd graph hprof report | xargs -n1 dirname | sort -u | sed 's|^|./|')

.PHONY: test-duckdb
test-duckdb: testdata ## Run the SQL of docs/fleet.md with DuckDB over real dumps (needs a C compiler)
	cd testdata/duckdb && CGO_ENABLED=1 $(GO) vet . && CGO_ENABLED=1 $(GO) test -count=1 -timeout 20m .

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (20000x: executions; or a time, 10m)
	@set -o pipefail; \
	grep -rHoE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' . | sort | while IFS=: read -r file func; do \
	  name=$${func#func }; dir=$$(dirname "$$file"); \
	  echo "== $$name in $$dir, $(FUZZTIME)"; \
	  $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$dir" </dev/null || exit 1; \
	done

.PHONY: bench
bench: build ## Measure commands on the dumps that are there, and the extreme shapes; write the tables of docs/performance.md
	$(GO) run ./testdata/bench $(BENCH)

.PHONY: bench-go
bench-go: ## Run the Go benchmarks, the shapes at a tenth of their size
	HEAPCAUSE_SHAPES=10 $(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: lint
lint: ## Check format, vet, and the linters with the import rule
	@unformatted=$$($(GO) tool -modfile=$(TOOLS) gofumpt -l .); \
	if [ -n "$$unformatted" ]; then echo "not formatted (make format):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./... ./testdata/bench ./testdata/docs
	$(GO) -C .ci/release vet .
	$(GO) tool -modfile=$(TOOLS) golangci-lint run ./... ./testdata/bench ./testdata/docs

.PHONY: format
format: ## Format all Go files
	$(GO) tool -modfile=$(TOOLS) gofumpt -w .

.PHONY: testdata
testdata: ## Make the real heap dumps that the tests read (needs a JDK, 17 or newer)
	testdata/java/make.sh testdata/dumps

.PHONY: testdata-large
testdata-large: ## Make the large heap dumps too (10 GB of disk, 8 GB of memory)
	testdata/java/make.sh --large testdata/dumps

.PHONY: docs
docs: testdata ## Write the pages of docs/ on rules and inspections, with examples from the real dumps
	$(GO) run ./testdata/docs

.PHONY: golden
golden: ## Rewrite the golden files from what the code prints now
	@packages=$$(grep -rlE 'flag\.Bool\("update"' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$packages" ]; then echo "no golden files"; else $(GO) test $$packages -update; fi

.PHONY: clean
clean: ## Remove what was built and the made dumps
	rm -rf bin dist testdata/dumps
