# aq: full-text search for online discussions.
#
#   make deps     install the Debian packages that are missing (quiet when none is)
#   make          build everything into build/$(V)/
#   make demo     build, index corpus/ and ask it something
#   make test     all tests; V=asan or V=tsan under sanitizers
#   make help     the rest

V ?= release
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CXX ?= c++
VERSION := 0.1.0

B := build/$(V)

CFLAGS.release := -O2 -g -DNDEBUG
CFLAGS.debug   := -O0 -g3
CFLAGS.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS.tsan    := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
CFLAGS.cov     := -O0 -g --coverage
CFLAGS.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
ifeq ($(CFLAGS.$(V)),)
$(error unknown V=$(V): one of release debug asan tsan cov fuzz)
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wcast-qual -Wconversion -Wno-sign-conversion
CPPFLAGS += -D_GNU_SOURCE -DAQ_RELEASE='"$(VERSION)"' -Iinclude -Icore
CFLAGS_ALL := -std=c17 $(CFLAGS.$(V)) $(WARN) -fvisibility=hidden -fPIC -pthread $(CFLAGS)
LDFLAGS_ALL := $(filter -fsanitize% --coverage,$(CFLAGS.$(V))) -pthread -Wl,--as-needed $(LDFLAGS)

# What each layer needs. Asked of pkg-config at first use and then kept, so that
# `make deps demo` sees what deps has just installed. LMDB, libstemmer and md4c are
# named by library: their pkg-config files exist on some systems only.
PKG_CONFIG ?= pkg-config
lazy = $(eval $(1) := $(2))$($(1))
CORE_LIBS    = $(call lazy,CORE_LIBS,-llmdb -lstemmer $(shell $(PKG_CONFIG) --libs libzstd libutf8proc libxxhash))
QUERY_LIBS  := -lm
CLI_LIBS     = $(call lazy,CLI_LIBS,$(shell $(PKG_CONFIG) --libs json-c))
CLI_CFLAGS   = $(call lazy,CLI_CFLAGS,$(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags json-c)))
INDEX_LIBS   = $(call lazy,INDEX_LIBS,-lmd4c $(shell $(PKG_CONFIG) --libs json-c libxml-2.0 gmime-3.0 libzstd zlib) -lm)
INDEX_CFLAGS = $(call lazy,INDEX_CFLAGS,-Iindexer $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags json-c libxml-2.0 gmime-3.0)))
SERVER_LIBS  = $(call lazy,SERVER_LIBS,$(shell $(PKG_CONFIG) --libs libmicrohttpd libseccomp zlib))
QUERY_CFLAGS := -Iquery -Ijson -I$(B)/made

CORE_SRC  := $(sort $(wildcard core/*.c))
INDEX_SRC := $(filter-out indexer/main.c,$(sort $(wildcard indexer/*.c)))
INDEX_CLI_SRC := $(sort $(wildcard indexer/cli/*.c))
QUERY_SRC := $(filter-out query/main.c,$(sort $(wildcard query/*.c)))
JSON_SRC  := $(sort $(wildcard json/*.c))
SERVER_SRC := $(filter-out server/main.c,$(sort $(wildcard server/*.c)))
CLI_SRC   := $(sort $(wildcard query/cli/*.c))
UNIT_SRC  := $(sort $(wildcard tests/unit/*_test.c))
PROP_SRC  := $(sort $(wildcard tests/prop/*_test.c))
CRASH_SRC := $(sort $(wildcard tests/crash/*.c))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
CORE_OBJ := $(call obj,$(CORE_SRC))
INDEX_OBJ := $(call obj,$(INDEX_SRC))
QUERY_OBJ := $(call obj,$(QUERY_SRC))
JSON_OBJ  := $(call obj,$(JSON_SRC))
SERVER_OBJ := $(call obj,$(SERVER_SRC))
CLI_OBJ   := $(call obj,$(CLI_SRC))
INDEX_CLI_OBJ := $(call obj,$(INDEX_CLI_SRC))
MANUAL_SRC := $(sort $(wildcard manual/*.c))
MANUAL_OBJ := $(call obj,$(MANUAL_SRC))
TEST_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(UNIT_SRC) $(PROP_SRC) $(CRASH_SRC))
TEST_PROGRAMS := $(TEST_BIN)
CLI_TESTS := $(sort $(wildcard tests/cli/*.test tests/http/*.test tests/crash/*.test))

BINS := $(if $(wildcard query/main.c),$(B)/bin/aq) $(if $(wildcard indexer/main.c),$(B)/bin/aq-index) $(B)/libexec/aq/aq-serve
LIBS := $(B)/libaq.a $(B)/libaq.so.0

# Made from the option tables, in directories as they are installed.
PAGES := $(addprefix $(B)/share/man/man1/,aq.1 aq-index.1 aq-serve.1)
COMPLETIONS := $(foreach p,aq aq-index,$(addprefix $(B)/share/,bash-completion/completions/$(p) \
  zsh/site-functions/_$(p) fish/vendor_completions.d/$(p).fish))
DOCS := QUERY.md HTTP.md SEARCH-BOX.md JSON.md aq-json.schema.json RELEVANCE.md TERMINAL.md

.PHONY: all
all: $(BINS) $(LIBS) $(PAGES) $(COMPLETIONS) compile_commands.json

# ---- compiling ----

# A changed command line rebuilds: the stamp changes only when the flags do.
FLAGS_NOW = $(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) $(INDEX_CFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS_NOW))' > $@
.PHONY: FORCE
FORCE:

# Private: the stamp, which they all need, must not see one room's flags.
$(B)/obj/indexer/%.o: private CPPFLAGS += $(INDEX_CFLAGS)
$(B)/obj/query/%.o: private CPPFLAGS += $(QUERY_CFLAGS)
$(B)/obj/query/cli/%.o: private CPPFLAGS += $(CLI_CFLAGS)
$(B)/obj/json/%.o: private CPPFLAGS += -Iquery
$(B)/obj/server/%.o: private CPPFLAGS += $(QUERY_CFLAGS) -Iserver
$(B)/obj/manual/%.o: private CPPFLAGS += -Iquery -Ijson -Iindexer -Iserver
$(B)/obj/tests/%.o: private CPPFLAGS += $(INDEX_CFLAGS) $(QUERY_CFLAGS) -Itests
$(B)/obj/bench/%.o: private CPPFLAGS += $(INDEX_CFLAGS) $(QUERY_CFLAGS)

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo '  cc $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# A text as the elements of an array.
$(B)/made/%.inc: query/%.txt Makefile
	@mkdir -p $(@D)
	@od -An -v -tx1 $< | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' > $@.new && mv $@.new $@
$(B)/obj/query/synonyms_default.o: $(B)/made/synonyms_default.inc

# The files of web/ are part of the server, as they are and compressed.
WEB := aq-search.js page.js page.css favicon.svg
$(B)/made/%.inc: web/% Makefile
	@mkdir -p $(@D)
	@od -An -v -tx1 $< | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' > $@.new && mv $@.new $@
$(B)/made/%.gz.inc: web/% Makefile
	@mkdir -p $(@D)
	@gzip -9nc $< | od -An -v -tx1 | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' > $@.new && mv $@.new $@
$(B)/obj/server/files.o: $(foreach f,$(WEB),$(B)/made/$(f).inc $(B)/made/$(f).gz.inc)
$(B)/made/schemas.json.inc: server/schemas.json Makefile
	@mkdir -p $(@D)
	@tr -d '\n' < $< | od -An -v -tx1 | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' > $@.new && mv $@.new $@
$(B)/obj/server/openapi.o: $(B)/made/schemas.json.inc

$(B)/core.a: $(CORE_OBJ)
$(B)/indexer.a: $(INDEX_OBJ)
$(B)/query.a: $(QUERY_OBJ)
$(B)/json.a: $(JSON_OBJ)
$(B)/server.a: $(SERVER_OBJ)
$(B)/cli.a: $(CLI_OBJ)
$(B)/%.a:
	@rm -f $@.new
	@$(AR) rcs $@.new $^ && mv $@.new $@

# aq is most often a fresh process with one short query: without a dynamic linker it is
# there half a millisecond earlier. `make STATIC=` links it like the others.
STATIC.release := -static-pie
STATIC ?= $(STATIC.$(V))

# The link line is the layering: aq never sees the indexer, libaq never what prints.
$(B)/bin/aq: $(B)/obj/query/main.o $(B)/cli.a $(B)/json.a $(B)/query.a $(B)/core.a
	@mkdir -p $(@D)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) $(STATIC) -o $@ $^ $(CLI_LIBS) $(QUERY_LIBS) $(CORE_LIBS)
$(B)/bin/aq-index: $(B)/obj/indexer/main.o $(INDEX_CLI_OBJ) $(B)/indexer.a $(B)/core.a
	@mkdir -p $(@D)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(INDEX_LIBS) $(CORE_LIBS)

# What `aq serve` becomes: the read side once more, with HTTP.
$(B)/libexec/aq/aq-serve: $(B)/obj/server/main.o $(B)/server.a $(B)/json.a $(B)/query.a $(B)/core.a
	@mkdir -p $(@D)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SERVER_LIBS) $(QUERY_LIBS) $(CORE_LIBS)

# ---- manual pages and completions ----

$(B)/manual: $(MANUAL_OBJ) $(B)/obj/indexer/cli/commands.o $(B)/obj/server/settings.o $(B)/cli.a $(B)/json.a $(B)/query.a $(B)/core.a
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CLI_LIBS) $(QUERY_LIBS) $(CORE_LIBS)

# $(call made,FORM) writes the target whole or not at all; the stem is the program.
made = @mkdir -p $(@D) && $(B)/manual $* $(1) > $@.new && mv $@.new $@
$(B)/share/man/man1/%.1: docs/%.1.in $(B)/manual
	$(call made,man $<)
$(B)/share/bash-completion/completions/%: $(B)/manual
	$(call made,bash)
$(B)/share/zsh/site-functions/_%: $(B)/manual
	$(call made,zsh)
$(B)/share/fish/vendor_completions.d/%.fish: $(B)/manual
	$(call made,fish)

$(B)/libaq.a: $(CORE_OBJ) $(INDEX_OBJ) $(QUERY_OBJ)
$(B)/libaq.so.0: $(CORE_OBJ) $(INDEX_OBJ) $(QUERY_OBJ)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -shared -Wl,-soname,libaq.so.0 -o $@ $^ $(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)
	@ln -sf libaq.so.0 $(B)/libaq.so

$(B)/tests/%: $(B)/obj/tests/%.o $(B)/cli.a $(B)/json.a $(B)/query.a $(B)/indexer.a $(B)/core.a
	@mkdir -p $(@D)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(TEST_LIBS) $(CLI_LIBS) $(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)

# What the server writes is tested without a server.
$(B)/obj/tests/unit/page_test.o: private CPPFLAGS += -Iserver
$(B)/tests/unit/page_test: $(B)/server.a
$(B)/tests/unit/page_test: private TEST_LIBS = $(B)/server.a $(B)/json.a $(B)/query.a $(B)/core.a $(SERVER_LIBS)

# Where Xapian is installed, queries are compared with it.
XAPIAN = $(call lazy,XAPIAN,$(shell $(PKG_CONFIG) --exists xapian-core && echo yes))
$(B)/obj/tests/prop/xapian_test.o: private CPPFLAGS += $(if $(XAPIAN),-DAQ_HAVE_XAPIAN)
$(B)/tests/prop/xapian_test: $(if $(shell $(PKG_CONFIG) --exists xapian-core && echo yes),$(B)/obj/tests/prop/xapian_db.o)
$(B)/tests/prop/xapian_test: private TEST_LIBS = $(if $(XAPIAN),-lxapian -lstdc++)
$(B)/obj/%.o: %.cc $(B)/flags
	@mkdir -p $(@D)
	@echo '  c++ $<'
	@$(CXX) $(CPPFLAGS) -std=c++17 $(CFLAGS.$(V)) -Wall -Wextra -fPIC -pthread $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(B)/bench/%: $(B)/obj/bench/%.o $(B)/query.a $(B)/indexer.a $(B)/core.a
	@mkdir -p $(@D)
	@echo '  link $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# One entry a source file, with the flags of this variant.
compile_commands.json: Makefile $(B)/made/synonyms_default.inc $(B)/obj/server/files.o $(B)/obj/server/openapi.o $(CORE_SRC) $(INDEX_SRC) $(INDEX_CLI_SRC) $(QUERY_SRC) $(JSON_SRC) $(SERVER_SRC) $(CLI_SRC) $(MANUAL_SRC)
	@{ echo '['; sep=; \
	for f in $(CORE_SRC) $(INDEX_SRC) $(INDEX_CLI_SRC) $(QUERY_SRC) $(JSON_SRC) $(SERVER_SRC) $(CLI_SRC) $(MANUAL_SRC) $(wildcard indexer/main.c query/main.c server/main.c); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s"}\n' "$$sep" "$(CURDIR)" "$$f" \
	    '$(CC) $(subst ",\\\\\\\",$(CPPFLAGS)) $(CFLAGS_ALL) $(INDEX_CFLAGS) $(QUERY_CFLAGS) -Iserver -c '"$$f"; sep=,; \
	done; echo ']'; } > $@

# ---- what people run ----

PACKAGES := build-essential pkg-config liblmdb-dev libstemmer-dev libzstd-dev libutf8proc-dev libxxhash-dev \
            libjson-c-dev libxml2-dev libmd4c-dev libgmime-3.0-dev zlib1g-dev libmicrohttpd-dev libseccomp-dev libcmocka-dev \
            perl jq curl python3 zstd bsdutils
LINT_PACKAGES := clang clang-tidy cppcheck shellcheck mandoc

define install_missing
	@missing=; for p in $(1); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

.PHONY: deps lint-deps
deps:
	$(call install_missing,$(PACKAGES))
lint-deps:
	$(call install_missing,$(LINT_PACKAGES))
# Also under -j, deps comes first when it is asked for.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(B)/flags: | deps
endif

.PHONY: demo
demo: all
	@rm -rf build/demo
	$(B)/bin/aq-index add -i build/demo corpus/threads corpus/formats
	$(B)/bin/aq -i build/demo "persona superintelligence"

# A page of the documents that shows what the programs print.
.PHONY: first-ten-minutes
first-ten-minutes: $(BINS)
	AQ_BUILD=$(B) docs/first-ten-minutes.sh > docs/FIRST-TEN-MINUTES.md.new
	mv docs/FIRST-TEN-MINUTES.md.new docs/FIRST-TEN-MINUTES.md

PROVE ?= prove
JOBS ?= 2
# Each test prints TAP: compiled ones through cmocka, the others by themselves.
.PHONY: test
test: all $(TEST_BIN)
	@CMOCKA_MESSAGE_OUTPUT=TAP AQ_BUILD=$(B) CC=$(CC) $(PROVE) -j$(JOBS) --exec env $(TEST_PROGRAMS) $(CLI_TESTS)

# The search page and the element in Chromium, over a server of their own. What only these
# tests need comes from npm into build/web; where it is missing they are skipped by name.
WEB_PACKAGES := chromium nodejs npm fonts-noto-core pngquant
.PHONY: web-deps test-web web-shots demo-site
web-deps:
	$(call install_missing,$(filter-out $(call bench_have,npm,npm) $(call bench_have,node,nodejs),$(WEB_PACKAGES)))
	@mkdir -p build/web
	@cd build/web && echo '{"private":true}' > package.json && \
	  npm install --silent --no-audit --no-fund playwright-core@1 axe-core@4
test-web: all
	@for f in web/*.js tests/web/*.mjs; do node --check $$f || exit; done
	@AQ_BUILD=$(B) $(PROVE) --exec 'node --test-reporter=tap' $(sort $(wildcard tests/web/*.test.mjs))
web-shots: all
	@AQ_BUILD=$(B) node tests/web/shots.mjs docs/shots

demo-site: all
	@docs/demo-site.sh $(B)

# Random queries of every kind against a naive searcher, and against Xapian.
N ?= 100000
.PHONY: test-language
test-language: $(addprefix $(B)/tests/prop/,parser_test language_test xapian_test)
	AQ_ROUNDS=1000000 $(B)/tests/prop/parser_test
	AQ_QUERIES=$(N) $(B)/tests/prop/language_test
	AQ_QUERIES=$(N) $(B)/tests/prop/xapian_test

# Requests damaged at random, against the server under AddressSanitizer.
.PHONY: fuzz-http
fuzz-http:
	$(MAKE) -s V=asan all
	AQ_BUILD=build/asan AQ_ROUNDS=$(N) tests/http/malformed.test | grep -v '^ok'

.PHONY: lint
lint: lint-deps compile_commands.json $(PAGES)
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem --suppress=checkersReport -Iinclude -Icore -Iindexer -Iquery -Ijson -Iserver \
	  core indexer query json server manual
	clang-tidy --quiet -p . $(CORE_SRC) $(INDEX_SRC) $(INDEX_CLI_SRC) $(QUERY_SRC) $(JSON_SRC) $(SERVER_SRC) $(CLI_SRC) $(MANUAL_SRC) indexer/main.c query/main.c server/main.c
	shellcheck corpus/*.sh docs/*.sh tests/cli/*.test tests/cli/*.sh tests/http/*.test tests/http/*.sh bench/*.sh
	mandoc -T lint -W warning $(PAGES)

SHARED := $(patsubst $(B)/%,%,$(PAGES) $(COMPLETIONS))

.PHONY: install
install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin libexec/aq lib/pkgconfig include share/doc/aq $(sort $(dir $(SHARED))))
	install $(B)/bin/aq $(B)/bin/aq-index $(DESTDIR)$(PREFIX)/bin
	install $(B)/libexec/aq/aq-serve $(DESTDIR)$(PREFIX)/libexec/aq
	install -m 644 include/aq.h include/aq_index.h include/aq_types.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(B)/libaq.a $(DESTDIR)$(PREFIX)/lib
	install $(B)/libaq.so.0 $(DESTDIR)$(PREFIX)/lib
	ln -sf libaq.so.0 $(DESTDIR)$(PREFIX)/lib/libaq.so
	for f in $(SHARED); do install -m 644 $(B)/$$f $(DESTDIR)$(PREFIX)/$$f || exit; done
	install -m 644 $(addprefix docs/,$(DOCS)) $(DESTDIR)$(PREFIX)/share/doc/aq
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)|' \
	  docs/libaq.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/libaq.pc

.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/aq bin/aq-index libexec/aq/aq-serve include/aq.h include/aq_index.h include/aq_types.h \
	  lib/libaq.a lib/libaq.so lib/libaq.so.0 lib/pkgconfig/libaq.pc $(SHARED) $(addprefix share/doc/aq/,$(DOCS)))

include bench/bench.mk

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile
	@echo 'lint             clang-tidy, cppcheck, shellcheck, mandoc'
	@echo 'bench            against other engines: make bench-deps, make bench CORPUS=comments.jsonl'
	@echo '                 bench-quick in 3 minutes, bench-growth by number of comments'
	@echo 'demo-site        a search server, and a page of another origin that uses its box'
	@echo 'test-web         page and element in Chromium: make web-deps first'
	@echo 'bench-serve      load on aq serve: make bench-serve INDEX=DIR'
	@echo 'fuzz-http        damaged requests, N of them (100000)'
	@echo 'first-ten-minutes  docs/FIRST-TEN-MINUTES.md from what the programs print'
	@echo 'install          programs, libaq, manual pages and completions into'
	@echo '                 $$(DESTDIR)$$(PREFIX), /usr/local by default; uninstall'
	@echo 'V=               release (default) debug asan tsan cov fuzz'
	@echo 'STATIC=          (empty) links aq against shared libraries'
	@echo 'clean'

.PHONY: clean
clean:
	rm -rf build compile_commands.json
