# Two commands do the work: `make run` opens the app, `make test` runs all tests. Each installs what it needs first.
.DEFAULT_GOAL := help
.PHONY: help run test soak cli bench package fmt types

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: ## Build Windlass and open its window (installs what is missing; asks first where it is not root)
	@scripts/run

test: ## Install what the tests need and run all of them
	@scripts/test $(STAGES)

soak: ## Random schedules of the simulator, and hostile input, for as long as asked: make soak SECONDS=3600
	@scripts/soak $(SECONDS)

cli: ## Build the command line `windlass`
	@scripts/cli

bench: ## Measure speed and memory; figures go to build/bench
	@scripts/bench

package: ## Build the Debian package
	@scripts/package

fmt: ## Format Rust and the user interface
	@cargo fmt --all && npm run --silent format

types: ## Write the TypeScript types of the API again
	@cargo xtask types
