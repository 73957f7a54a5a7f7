# yagura: `make` builds, `make check` tests, `make help` lists the rest.
# One directory per variant: BUILD=release|debug|asan|tsan, CC=gcc|clang-14.
BUILD ?= release
ifeq ($(origin CC),default)
CC    := gcc
endif
ifeq ($(origin CXX),default)
CXX   := $(if $(findstring clang,$(CC)),$(subst clang,clang++,$(CC)),g++)
endif
WERROR ?=
PREFIX ?= /usr/local
O     := build/$(BUILD)$(if $(findstring clang,$(CC)),-clang)

CSTD   := -std=c17 -D_GNU_SOURCE
CXXSTD := -std=c++17
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla \
          -Wundef -Wcast-qual -Wwrite-strings $(if $(WERROR),-Werror)
CWARN  := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
# No contraction: risks are compared exactly and must not depend on the compiler.
FP     := -ffp-contract=off
OPT.release := -O2 -g $(HARDEN)
OPT.debug   := -O0 -g3 -DYG_DEBUG -fPIE
OPT.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
               -fno-omit-frame-pointer -DYG_DEBUG -fPIE
OPT.tsan    := -O1 -g -fsanitize=thread -DYG_DEBUG -fPIE
# Kafka is there when its library is; `make KAFKA=` leaves it out.
KAFKA ?= $(if $(wildcard /usr/include/librdkafka/rdkafka.h),1)
# The same of PostgreSQL: `make POSTGRES=`.
POSTGRES ?= $(if $(wildcard /usr/include/postgresql/libpq-fe.h),1)
ALL_CFLAGS   = $(CSTD) $(CWARN) $(FP) $(OPT.$(BUILD)) -Isrc -I$O/gen -MMD -MP $(CFLAGS)
# vptr checks need clang's C++ runtime, which a C link does not bring.
CXX.asan    := -fno-sanitize=vptr
ALL_CXXFLAGS = $(CXXSTD) $(WARN) $(FP) $(OPT.$(BUILD)) $(CXX.$(BUILD)) -Isrc -MMD -MP $(CXXFLAGS)
LDLIBS      += -lsimdjson -lxgboost -lsqlite3 -lsodium -lzstd -llzma -lz -lyaml \
               -lseccomp -lmicrohttpd -lgnutls -lsnappy -lcurl-gnutls $(if $(KAFKA),-lrdkafka) $(if $(POSTGRES),-lpq) -lpcap -lnettle -lstdc++ -lm -lpthread
LDALL        = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

MAIN   := src/yagura/main.c
ABSENT := src/intake/$(if $(KAFKA),kafka_none,kafka).c \
          $(addprefix src/db/db_postgres,$(if $(POSTGRES),_none.c,.c _session.c _stmt.c _value.c))
SRC    := $(filter-out $(MAIN) $(ABSENT),$(wildcard src/*/*.c src/*/*/*.c))
SRCXX  := $(wildcard src/*/*.cc)
OBJ    := $(SRC:%.c=$O/%.o) $(SRCXX:%.cc=$O/%.o)
LIB    := $O/libyagura.a
TESTS  := $(patsubst tests/unit/%.c,$O/tests/%,$(filter-out $(if $(KAFKA),,%/test_kafka.c),$(wildcard tests/unit/test_*.c)))
FUZZ   := $(patsubst fuzz/%.c,$O/fuzz/%,$(wildcard fuzz/fuzz_*.c))
BENCH  := $(patsubst bench/src/%.c,$O/bench/%,$(wildcard bench/src/bench_*.c))

all: $O/yagura $(BENCH) $O/bench/shiftclock.so

$O/yagura: $(MAIN:%.c=$O/%.o) $(LIB)
	$(CC) $(ALL_CFLAGS) $(LDALL) $^ $(LDLIBS) -o $@
$(LIB): $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $^
$O/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@
$O/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(ALL_CXXFLAGS) -c $< -o $@
$O/src/api/style.o: src/api/style.css
$O/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit $(LDALL) $< $(LIB) -lcmocka $(LDLIBS) -o $@
# Without libFuzzer the same targets replay their corpus (fuzz/replay.c is their main).
$O/fuzz/%: fuzz/%.c fuzz/replay.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDALL) $< fuzz/replay.c $(LIB) $(LDLIBS) -o $@
# With libFuzzer; tools/run-fuzz builds these in a folder of their own.
$O/libfuzzer/%: fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDALL) $< $(LIB) $(LDLIBS) -o $@
$O/bench/%: bench/src/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDALL) $< $(LIB) $(LDLIBS) -o $@

# Preloaded by bench/faults: without the sanitizers, which want to be first.
$O/bench/%.so: bench/src/%.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CWARN) -O2 -fPIC -shared $< -o $@

tests: $(TESTS) $(FUZZ)
check: all $(TESTS) $(FUZZ)
	O=$O tools/run-tests
# Other people's clients; `tools/install-deps clients`, npm and Maven bring them.
clients: $O/yagura $O/tests/sink
	O=$O tests/clients/all
lint:
	tools/lint
format:
	clang-format-14 -i $$(git ls-files '*.c' '*.h' '*.cc')
# Real libFuzzer binaries, run each for SECONDS (default 60) from its corpus.
fuzz:
	tools/run-fuzz
compile_commands.json:
	tools/compile-commands $@
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/yagura/maps
	install -m 755 $O/yagura $(DESTDIR)$(PREFIX)/bin/yagura
	$O/yagura help --man > $(DESTDIR)$(PREFIX)/share/man/man1/yagura.1
	$O/yagura help --completion > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/yagura
	install -m 644 maps/*.yaml $(DESTDIR)$(PREFIX)/share/yagura/maps
clean:
	rm -rf build
help:
	@echo "all        build $O/yagura and the benchmarks (default)"
	@echo "check      unit, corpus and scenario tests of this variant under prove"
	@echo "lint       formatting, clang-tidy, layers, docs"
	@echo "clients    other people's clients against the live inputs"
	@echo "fuzz       libFuzzer on every parser, SECONDS=60 each"
	@echo "format     clang-format the tree"
	@echo "install    program, man page, completion, maps (PREFIX=/usr/local, DESTDIR=)"
	@echo "clean      remove build/"
	@echo "variables  BUILD=release|debug|asan|tsan CC=gcc|clang-14 WERROR=1 KAFKA=1| POSTGRES=1|"
.PHONY: all install tests check clients lint format fuzz clean help compile_commands.json
.SECONDARY:
-include $(OBJ:.o=.d) $(TESTS:=.d) $(FUZZ:=.d) $(BENCH:=.d) $(MAIN:%.c=$O/%.d)
