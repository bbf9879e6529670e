# Measuring against other engines; bench/README.md says how. CORPUS: JSON Lines files
# with ids and texts, .zst allowed. QUERIES: a file of search-benchmark-game, if any.

CORPUS ?=
QUERIES ?=
BENCH_PEERS ?= xapian fts5 lucene tantivy pisa
BENCH_DIR := build/bench
BENCH_BIN := $(abspath $(BENCH_DIR))/bin
BENCH_PACKAGES := g++ libxapian-dev libsqlite3-dev gnuplot-nox maven default-jdk-headless cargo python3-venv time
PISA_WHEELS := pyterrier-pisa==0.4.9 tbb==2020.3.254 numpy==2.4.6

# What is there under another name (a JDK, a toolchain of one's own) is not installed.
bench_have = $(if $(shell command -v $(1) 2>/dev/null),$(2))
.PHONY: bench-deps
bench-deps:
	$(call install_missing,$(filter-out $(call bench_have,mvn,maven) $(call bench_have,javac,default-jdk-headless) \
	  $(call bench_have,cargo,cargo) $(call bench_have,g++,g++),$(BENCH_PACKAGES)))

$(BENCH_BIN)/xapian: bench/peers/xapian.cc
	@mkdir -p $(@D)
	$(CXX) -O2 -Wall -Wextra -o $@ $< $$(xapian-config --cxxflags --libs)
$(BENCH_BIN)/fts5: bench/peers/fts5.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 $(WARN) -o $@ $< -lsqlite3
$(BENCH_BIN)/lucene: bench/peers/lucene/Lucene.java bench/peers/lucene/pom.xml bench/peers/lucene/build.sh
	bench/peers/lucene/build.sh $(abspath $(BENCH_DIR))/lucene $@
$(BENCH_BIN)/tantivy: bench/peers/tantivy/main.rs bench/peers/tantivy/Cargo.toml bench/peers/tantivy/Cargo.lock
	@mkdir -p $(@D)
	cargo build -q --release --locked --manifest-path bench/peers/tantivy/Cargo.toml --target-dir $(BENCH_DIR)/tantivy
	cp $(BENCH_DIR)/tantivy/release/tantivy $@
$(BENCH_BIN)/pisa: bench/peers/pisa.py
	@mkdir -p $(@D)
	python3 -m venv --clear $(BENCH_DIR)/pisa
	$(BENCH_DIR)/pisa/bin/pip install -q --no-deps $(PISA_WHEELS)
	printf '#!/bin/sh\nexec %s %s "$$@"\n' $(abspath $(BENCH_DIR))/pisa/bin/python $(abspath $<) > $@
	chmod +x $@
	$@ version

# A peer that cannot be built here is left out, by name.
.PHONY: bench-peers
bench-peers:
	@mkdir -p $(BENCH_BIN)
	@for p in $(BENCH_PEERS); do \
	  $(MAKE) -s --no-print-directory $(BENCH_BIN)/$$p > $(BENCH_DIR)/$$p.log 2>&1 || \
	    { rm -f $(BENCH_BIN)/$$p; echo "skipped: $$p cannot be built here: $(BENCH_DIR)/$$p.log"; }; \
	done

BENCH_RUN = python3 -B bench/compare.py --bin $(BENCH_BIN) --build $(B) --queries "$(QUERIES)"
.PHONY: bench bench-passes bench-quick bench-growth
bench bench-passes bench-quick bench-growth: $(B)/bin/aq-index $(B)/bin/aq $(B)/bench/terms $(B)/bench/peers/aq
bench: bench-peers
	$(BENCH_RUN) --work $(BENCH_DIR)/main --peers "$(BENCH_PEERS)" --out docs/bench $(CORPUS)
	python3 -B bench/report.py docs/bench docs/BENCHMARKS.md
# The same indexes, 64 queries in a row to each engine: caches as they are in a server
# that has the machine to itself. FTS5, which alone would take most of the time, is left out.
bench-passes:
	$(BENCH_RUN) --work $(BENCH_DIR)/main --peers "$(filter-out fts5,$(BENCH_PEERS))" --out docs/bench --reuse \
	  --block 64 --minutes 4 $(CORPUS)
	python3 -B bench/report.py docs/bench docs/BENCHMARKS.md
bench-quick:
	@$(MAKE) -s --no-print-directory bench-peers BENCH_PEERS="xapian fts5"
	$(BENCH_RUN) --work $(BENCH_DIR)/quick --peers "xapian fts5" --out $(BENCH_DIR)/quick/out --quick $(CORPUS)
	python3 -B bench/report.py $(BENCH_DIR)/quick/out
# What queries cost that are made to cost much: INDEX is a directory.
# Retrieval quality: make eval SETS="DIRECTORY..." (BEIR layout), plain BM25 beside it.
.PHONY: eval
eval: $(BINS)
	@test -n "$(SETS)" || { echo 'eval: say SETS="DIRECTORY..."'; exit 1; }
	@bench/eval_ir.py --bin $(B)/bin $(SETS)

.PHONY: bench-bombs
bench-bombs: $(B)/bench/bombs
	$(B)/bench/bombs $(INDEX)
bench-growth: bench-peers
	python3 -B bench/growth.py --bin $(BENCH_BIN) --build $(B) --work $(BENCH_DIR)/growth --out docs/bench $(CORPUS)
	python3 -B bench/report.py docs/bench docs/BENCHMARKS.md

# Load on aq serve while a comment is committed every second; INDEX: an index of the corpus.
INDEX ?=
LOAD_SECONDS ?= 600
.PHONY: bench-serve
bench-serve: all
	$(call install_missing,$(if $(shell command -v wrk),,wrk))
	@mkdir -p $(BENCH_DIR)
	python3 -B bench/serve_queries.py $(B)/bin/aq $(INDEX) > $(BENCH_DIR)/serve.queries
	AQ_BUILD=$(B) bench/serve.sh $(INDEX) $(BENCH_DIR)/serve.queries $(LOAD_SECONDS)
	AQ_BUILD=$(B) AQ_SLOW=2000 tests/http/slow.test
