# make setup   find or install what is needed (Go and a C compiler you bring)
# make demo    a whole shift on this machine: PostgreSQL, server, phones
# make test    all tests, on a real PostgreSQL
# make check   what must hold before a commit, besides the tests
# make bench   the measured table, one run
# make gen     renew generated code from the contract
# make fmt     format
# make build   ./bin/kendra and ./bin/phones
# make shots   pictures of the console's pages, of a demo, into shots/
# make race    the tests under the race detector
# make fuzz    every fuzz target for a minute; ten million executions at least
# make vuln    known vulnerabilities in what is called (needs the network)
# make sbom    sbom.json, what the binaries are made of (needs the network)

.DEFAULT_GOAL := build
.PHONY: setup demo shots test check bench gen fmt vuln build race fuzz sbom lint contract imports tidy races

# Pinned tools. oapi-codegen's version stands in the go:generate lines.
GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
KIN_VERSION         := v0.153.0
CYCLONEDX_VERSION   := v1.10.0

AT_ONCE := AtOnce|TwoServers|TwoProcesses|EachProcess|TellsThePages|HoweverMany|WhileMany|Storms|Queue|Panic|Rotat

CODE     := api cmd geo migrations mobile-contract push
GOLANGCI := .tools/golangci-lint-$(GOLANGCI_VERSION)

setup:
	@.ci/setup

build: setup
	go build -o bin/ ./cmd/...

demo: build
	./bin/kendra demo

shots: build
	node api/console/web/shots.mjs

bench: setup
	go run ./cmd/kendra bench

test: setup
	go test -timeout 25m ./...

race: setup
	go test -race -timeout 60m ./...

# A share of it for each commit: who logs in and what is sent, whole; of the book
# and the calls, the tests in which several work at once.
races: setup
	go test -race -timeout 20m ./push/... ./api/staff/...
	go test -race -timeout 20m -run '$(AT_ONCE)' ./api ./api/book ./api/console

fuzz: setup
	.ci/fuzz

gen:
	go generate ./...

fmt:
	gofmt -w $(CODE)

check: setup
	.ci/same $(MAKE) --no-print-directory gen
	@test -z "$$(gofmt -l $(CODE))" || { echo "not formatted (make fmt):"; gofmt -l $(CODE); exit 1; }
	go vet ./...
	$(MAKE) --no-print-directory lint contract imports tidy sbom races

lint: $(GOLANGCI)
	$(GOLANGCI) run ./...

# Built once, in a place of its own: a run from source would link it each time.
$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once; this takes a few minutes"
	GOBIN=$(CURDIR)/.tools/new go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/new/golangci-lint $@ && rmdir .tools/new

contract:
	go run github.com/getkin/kin-openapi/cmd/validate@$(KIN_VERSION) -- mobile-contract/openapi.yaml

imports:
	go test ./cmd/kendra -run 'Import|Dependenc'

tidy:
	go mod tidy -diff

vuln:
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

sbom:
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_VERSION) mod -json -licenses -output sbom.json
