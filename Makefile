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

# What each layer needs. LMDB, libstemmer and md4c have pkg-config files on some
# systems only, so those are named by library.
PKG ?= pkg-config
CORE_LIBS   := -llmdb -lstemmer $(shell $(PKG) --libs libzstd libutf8proc 2>/dev/null || echo -lzstd -lutf8proc)
QUERY_LIBS  := $(shell $(PKG) --libs jansson 2>/dev/null || echo -ljansson) -lm
INDEX_LIBS  := $(shell $(PKG) --libs jansson libxml-2.0 md4c gmime-3.0 zlib 2>/dev/null) -lm
INDEX_CFLAGS := -Iindexer $(shell $(PKG) --cflags libxml-2.0 gmime-3.0 2>/dev/null | sed 's/-I/-isystem /g')
QUERY_CFLAGS := -Iquery

CORE_SRC  := $(sort $(wildcard core/*.c))
INDEX_SRC := $(filter-out indexer/main.c,$(sort $(wildcard indexer/*.c)))
QUERY_SRC := $(filter-out query/main.c,$(sort $(wildcard query/*.c)))
UNIT_SRC  := $(sort $(wildcard tests/unit/*_test.c))
PROP_SRC  := $(sort $(wildcard tests/prop/*_test.c))
CRASH_SRC := $(sort $(wildcard tests/crash/*.c))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
CORE_OBJ := $(call obj,$(CORE_SRC))
INDEX_OBJ := $(call obj,$(INDEX_SRC))
QUERY_OBJ := $(call obj,$(QUERY_SRC))
TEST_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(UNIT_SRC) $(PROP_SRC) $(CRASH_SRC))
CLI_TESTS := $(sort $(wildcard tests/cli/*.test tests/crash/*.test))

BINS := $(if $(wildcard query/main.c),$(B)/bin/aq) $(if $(wildcard indexer/main.c),$(B)/bin/aq-index)
LIBS := $(B)/libaq.a $(B)/libaq.so.0

.PHONY: all
all: $(BINS) $(LIBS) compile_commands.json

# ---- compiling ----

# A changed command line rebuilds: the stamp changes only when the flags do.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(INDEX_CFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS_NOW))' > $@
.PHONY: FORCE
FORCE:

$(B)/obj/indexer/%.o: CPPFLAGS += $(INDEX_CFLAGS)
$(B)/obj/query/%.o: CPPFLAGS += $(QUERY_CFLAGS)
$(B)/obj/tests/%.o: CPPFLAGS += $(INDEX_CFLAGS) $(QUERY_CFLAGS) -Itests
$(B)/obj/tests/%.o: WARN += -Wno-conversion -Wno-missing-prototypes -Wno-vla
$(B)/obj/bench/%.o: CPPFLAGS += $(INDEX_CFLAGS) $(QUERY_CFLAGS)

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/core.a: $(CORE_OBJ)
$(B)/indexer.a: $(INDEX_OBJ)
$(B)/query.a: $(QUERY_OBJ)
$(B)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

# The link line is the layering: aq never sees the indexer.
$(B)/bin/aq: $(B)/obj/query/main.o $(B)/query.a $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(QUERY_LIBS) $(CORE_LIBS)
$(B)/bin/aq-index: $(B)/obj/indexer/main.o $(B)/indexer.a $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(INDEX_LIBS) $(CORE_LIBS)

$(B)/libaq.a: $(CORE_OBJ) $(INDEX_OBJ) $(QUERY_OBJ)
$(B)/libaq.so.0: $(CORE_OBJ) $(INDEX_OBJ) $(QUERY_OBJ)
	$(CC) $(LDFLAGS_ALL) -shared -Wl,-soname,libaq.so.0 -o $@ $^ $(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)
	@ln -sf libaq.so.0 $(B)/libaq.so

$(B)/tests/%: $(B)/obj/tests/%.o $(B)/query.a $(B)/indexer.a $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(INDEX_LIBS) $(QUERY_LIBS) $(CORE_LIBS)

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# One entry a source file, with the flags of this variant.
compile_commands.json: Makefile $(CORE_SRC) $(INDEX_SRC) $(QUERY_SRC)
	@{ echo '['; sep=; \
	for f in $(CORE_SRC) $(INDEX_SRC) $(QUERY_SRC) $(wildcard indexer/main.c query/main.c); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s"}\n' "$$sep" "$(CURDIR)" "$$f" \
	    '$(CC) $(subst ",\\\",$(CPPFLAGS)) $(CFLAGS_ALL) $(INDEX_CFLAGS) $(QUERY_CFLAGS) -c '"$$f"; sep=,; \
	done; echo ']'; } > $@

.PHONY: clean
clean:
	rm -rf build compile_commands.json
