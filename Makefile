# Targets: make help. Flags are here and nowhere else.
# A configuration has its own folder: build/release, build/double, build/asan, build/tsan, build/clang, build/aarch64.
CONFIG ?= release
BUILD := build/$(CONFIG)
CC ?= cc
ifeq ($(origin CC),default)
CC := cc
endif
OPTIMIZE := -O3
WERROR ?=
SANITIZE :=
REAL := float
CORE_ONLY :=

ifeq ($(CONFIG),double)
REAL := double
endif
ifeq ($(CONFIG),clang)
CC := clang
endif
ifeq ($(CONFIG),asan)
# -g1: lines for the reports; following variables through the vectorised code would double the time it takes to build
OPTIMIZE := -O1 -g1 -fno-omit-frame-pointer
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
endif
ifeq ($(CONFIG),tsan)
# clang's OpenMP runtime tells the thread sanitizer of its barriers (Archer); gcc's does not
CC := clang
OPTIMIZE := -O1 -fno-omit-frame-pointer
SANITIZE := -fsanitize=thread
endif
ifeq ($(CONFIG),aarch64)
# the core alone, cross-compiled, static, for qemu-aarch64
CC := aarch64-linux-gnu-gcc
CORE_ONLY := yes
endif

MACHINE := $(shell $(CC) -dumpmachine)
ARCH := $(firstword $(subst -, ,$(subst arm64,aarch64,$(subst amd64,x86_64,$(MACHINE)))))
DARWIN := $(findstring darwin,$(MACHINE))

WARNINGS := -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wno-missing-field-initializers \
            $(if $(WERROR),-Werror)
# no contraction, no fast-math: the same bits everywhere (USING.md, "The same bits")
CPPFLAGS += -Ilib -I$(BUILD) $(if $(filter double,$(REAL)),-DUNROLL_DOUBLE) -D_POSIX_C_SOURCE=200809L \
            $(if $(DARWIN),-D_DARWIN_C_SOURCE,-D_DEFAULT_SOURCE)
CFLAGS := -std=c11 -g $(OPTIMIZE) -ffp-contract=off -fno-math-errno -fopenmp $(WARNINGS) $(SANITIZE) $(EXTRA_CFLAGS)
LDFLAGS := -fopenmp $(SANITIZE) $(if $(filter aarch64,$(CONFIG)),-static)
LDLIBS := -lm -lpthread
ifdef DARWIN
# Homebrew: brew install libomp hdf5 zstd cunit gnuplot pkg-config
BREW := $(shell brew --prefix)
CFLAGS := $(filter-out -fopenmp,$(CFLAGS)) -Xpreprocessor -fopenmp -I$(BREW)/opt/libomp/include -I$(BREW)/include
LDFLAGS := $(filter-out -fopenmp,$(LDFLAGS)) -L$(BREW)/opt/libomp/lib -lomp
export PKG_CONFIG_PATH := $(BREW)/lib/pkgconfig:$(BREW)/opt/hdf5/lib/pkgconfig
endif
HDF5_CFLAGS = $(shell pkg-config --cflags hdf5)
HDF5_LIBS = $(shell pkg-config --libs-only-L hdf5) -lhdf5_hl $(shell pkg-config --libs-only-l hdf5)
ZSTD_LIBS = $(shell pkg-config --libs libzstd)
CUNIT_LIBS = $(if $(DARWIN),-L$(BREW)/lib) -lcunit

# ---- what is found by wildcard and registered ----
# an instruction set: lib/simd/vec_X.h, whose first lines name its arch, its compiler flags and what it needs
field = $(shell sed -n 's|^ \* $(2): *||p' lib/simd/vec_$(1).h)
ALL_ISAS := $(patsubst lib/simd/vec_%.h,%,$(sort $(wildcard lib/simd/vec_*.h)))
ifeq ($(REAL),double)
ISAS := double
else
ISAS := $(foreach i,$(filter-out double,$(ALL_ISAS)),$(if $(filter $(ARCH) any,$(call field,$(i),arch)),$(i)))
endif
# a peer of unroll bench --peers is there where a program with its header links with its library
PEER_HEADER_onednn := <oneapi/dnnl/dnnl.h>
PEER_LIBS_onednn := -ldnnl
PEER_HEADER_cblas := <cblas.h>
PEER_LIBS_cblas := $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
# (version 3 of oneDNN has another C interface)
PEERS := $(if $(filter release,$(CONFIG)),$(foreach p,onednn cblas,$(if $(shell \
         printf '\043include %s\n\043if DNNL_VERSION_MAJOR > 2\n\043error\n\043endif\nint main(void) { return 0; }\n' '$(PEER_HEADER_$(p))' | \
         $(CC) -x c - -o /dev/null $(PEER_LIBS_$(p)) >/dev/null 2>&1 && echo yes),$(p))))
# EXTRA=DIR names folders of the user's own, laid out like this one; what they hold is added to ours
ADDED := $(patsubst %/,%,$(EXTRA))
ADDABLE := lib/cells/*.c lib/losses/*.c lib/layers/*.c lib/networks/*.c datasets/*.c datasets/*/*.c experiments/*.c plots/*.gp
in_added = $(foreach d,$(ADDED),$(patsubst $(d)/%,%,$(wildcard $(addprefix $(d)/,$(1)))))
found = $(sort $(wildcard $(1)) $(call in_added,$(1)))
ADDED_FILES := $(call in_added,$(ADDABLE))
$(foreach d,$(ADDED),$(if $(wildcard $(addprefix $(d)/,$(ADDABLE))),,$(error \
    EXTRA: $(d) has nothing to add, for it holds none of $(ADDABLE))))
$(foreach f,$(sort $(ADDED_FILES)),$(if $(wildcard $(f))$(word 2,$(filter $(f),$(ADDED_FILES))),$(error EXTRA: \
    $(f) is there twice, so give the one in $(firstword $(foreach d,$(ADDED),$(if $(wildcard $(d)/$(f)),$(d)))) another name)))
CELLS := $(basename $(notdir $(call found,lib/cells/*.c)))
LOSSES := $(basename $(notdir $(call found,lib/losses/*.c)))
# a kind of layer is a file that defines its table; what several share or a family has besides defines none
LAYERS := $(basename $(notdir $(sort $(shell grep -l '^const unroll_layer_kind unroll_layer_' \
          lib/layers/*.c $(wildcard $(ADDED:%=%/lib/layers/*.c))))))
NETWORKS := $(basename $(notdir $(call found,lib/networks/*.c)))
TASKS := $(basename $(notdir $(call found,datasets/*.c)))
EXPERIMENTS := $(filter-out unroll,$(basename $(notdir $(call found,experiments/*.c))))
COMMANDS := $(filter-out main,$(basename $(notdir $(sort $(wildcard lib/cli/command_*.c)))))

CORE_FOLDERS := base simd cells layers losses model networks
FOLDERS := $(CORE_FOLDERS) $(if $(CORE_ONLY),,store bench sweep report nightly cli)
HOT := lib/simd/engine.c $(wildcard lib/cells/*.c lib/losses/*.c)
ONCE := $(filter-out $(HOT),$(sort $(foreach f,$(FOLDERS) cells/shared,$(wildcard lib/$(f)/*.c)))) \
        $(sort $(wildcard datasets/*.c datasets/*/*.c)) \
        $(if $(CORE_ONLY),,$(filter-out experiments/unroll.c,$(sort $(wildcard experiments/*.c))))
OBJECTS := $(ONCE:%.c=$(BUILD)/%.o) $(foreach i,$(ISAS),$(HOT:%.c=$(BUILD)/isa-$(i)/%.o)) $(BUILD)/registry.o \
           $(BUILD)/sources.o
ADDED_HOT := $(filter lib/cells/% lib/losses/%,$(ADDED_FILES))
ADDED_ONCE := $(filter-out $(ADDED_HOT) $(if $(CORE_ONLY),experiments/%),$(filter %.c,$(ADDED_FILES)))
ADDED_PLOTS := $(patsubst %,$(BUILD)/%,$(filter %.gp,$(ADDED_FILES)))
OBJECTS += $(ADDED_ONCE:%.c=$(BUILD)/added/%.o) $(foreach i,$(ISAS),$(ADDED_HOT:%.c=$(BUILD)/isa-$(i)/added/%.o))
TESTS := $(sort $(if $(filter double,$(CONFIG)),$(wildcard tests/test_core_*.c),$(wildcard tests/test_*.c)))
TEST_OBJECTS := $(TESTS:%.c=$(BUILD)/%.o) $(BUILD)/tests/main.o $(BUILD)/tests/registry.o
ifeq ($(REAL),float)
# the losses once more in double, for the test that holds those in float against them
TEST_OBJECTS += $(patsubst %.c,$(BUILD)/isa-double/%.o,$(sort $(wildcard lib/losses/*.c)) \
                $(addprefix added/,$(filter lib/losses/%,$(ADDED_HOT))))
TEST_OBJECTS += $(addprefix $(BUILD)/tests/losses_in_double,.o _table.o)
$(BUILD)/isa-double/%.o $(BUILD)/tests/losses_in_double.o $(BUILD)/tests/losses_in_double_table.o: CPPFLAGS += -DUNROLL_DOUBLE
endif

.DEFAULT_GOAL := all
.PHONY: all check check-double try bits against install uninstall clean help FORCE
.SECONDARY:

all: $(BUILD)/unroll $(PEERS:%=$(BUILD)/unroll-peer-%) ## build the program: build/release/unroll

check: $(BUILD)/unroll $(BUILD)/unroll-tests check-double ## build and run every test
	$(BUILD)/unroll-tests

check-double: ## build and run the tests of the core in double
	$(MAKE) CONFIG=double WERROR=$(WERROR) build/double/unroll-tests
	build/double/unroll-tests

try: $(BUILD)/unroll $(BUILD)/unroll-tests ## test one cell alone and train it beside the plain RNN, in seconds: make try CELL=gru
	@$(if $(CELL),:,echo 'make try needs the name of a cell: make try CELL=gru' >&2; exit 2)
	@$(BUILD)/unroll-tests --cell '$(CELL)'
	@$(MAKE) --no-print-directory CONFIG=double WERROR=$(WERROR) build/double/unroll-tests
	@build/double/unroll-tests --cell '$(CELL)'
	@sh tests/try.sh $(BUILD)/unroll '$(CELL)'

bits: $(BUILD)/unroll-bits ## build the program that prints the digests of trained weights (tests/bits.c)

against: all ## measure this tree beside an older commit, in turns: make against COMMIT=NAME (lib/nightly/README.md)
	lib/nightly/against.sh $(COMMIT)

# Below PREFIX all is found from where the program lies, and by pkg-config from where unroll.pc lies: the whole may be moved.
PREFIX ?= /usr/local
PUT := $(DESTDIR)$(PREFIX)
PUBLIC_HEADERS = $(patsubst lib/%,%,$(sort $(filter lib/%.h,$(shell $(CC) $(CPPFLAGS) -MM lib/unroll.h))))
VERSION = $(shell sed -n 's/^.define UNROLL_VERSION "\(.*\)"/\1/p' lib/base/version.h)
install: all $(BUILD)/libunroll.a ## install program, scripts, headers and library: make install PREFIX=/usr/local DESTDIR=
	$(if $(filter release clang,$(CONFIG)),,$(error make install: CONFIG=$(CONFIG) is for tests; release or clang can be installed))
	install -d '$(PUT)/bin' '$(PUT)/lib/pkgconfig' '$(PUT)/share/unroll/plots' '$(PUT)/share/unroll/datasets' \
	    '$(PUT)/share/unroll/lib/bench/peers' $(foreach d,$(sort $(dir $(PUBLIC_HEADERS))),'$(PUT)/include/unroll/$(d)')
	install $(BUILD)/unroll $(PEERS:%=$(BUILD)/unroll-peer-%) '$(PUT)/bin'
	install -m 644 plots/*.gp $(ADDED_PLOTS) '$(PUT)/share/unroll/plots'
	install -m 644 datasets/sources.tsv datasets/SOURCE.md datasets/*.csv '$(PUT)/share/unroll/datasets'
	install datasets/fetch '$(PUT)/share/unroll/datasets'
	install -m 644 lib/bench/peers/*.py '$(PUT)/share/unroll/lib/bench/peers'
	$(foreach h,$(PUBLIC_HEADERS),install -m 644 lib/$(h) '$(PUT)/include/unroll/$(h)' &&) true
	install -m 644 $(BUILD)/libunroll.a '$(PUT)/lib'
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: unroll' 'Description: trains and compares recurrent networks' \
	    'Version: $(VERSION)' 'Cflags: -I$${prefix}/include/unroll' \
	    'Libs: -L$${prefix}/lib -lunroll $(LDFLAGS) $(HDF5_LIBS) $(ZSTD_LIBS) $(LDLIBS)' >'$(PUT)/lib/pkgconfig/unroll.pc'

uninstall: ## remove what make install put below PREFIX
	rm -rf '$(PUT)/share/unroll' '$(PUT)/include/unroll'
	rm -f '$(PUT)/bin/unroll' '$(PUT)/lib/libunroll.a' '$(PUT)/lib/pkgconfig/unroll.pc' '$(PUT)/bin'/unroll-peer-*

clean: ## remove build/; results/ stays
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo "  CONFIG=release|double|asan|tsan|clang|aarch64 chooses the folder below build/, CC the compiler, WERROR=1 makes warnings errors"
	@echo "  EXTRA=DIR adds the files of a folder of your own (ADDING.md)"

# a program that has just been built is started once where it can run: it looks at every registered table (lib/model/check.h)
RUNS := $(filter $(ARCH),$(subst arm64,aarch64,$(shell uname -m)))
$(BUILD)/unroll: $(BUILD)/experiments/unroll.o $(OBJECTS) | $(BUILD)/extra $(ADDED_PLOTS)
	$(CC) -o $@ $^ $(LDFLAGS) $(HDF5_LIBS) $(ZSTD_LIBS) $(LDLIBS)
	$(if $(RUNS),@$@ --version >/dev/null || { rm -f $@; exit 1; })
# q: several objects have one name, each instruction set its own
$(BUILD)/libunroll.a: $(OBJECTS)
	rm -f $@ && $(AR) qcs $@ $^
$(BUILD)/unroll-tests: $(TEST_OBJECTS) $(OBJECTS)
	$(CC) -o $@ $^ $(LDFLAGS) $(CUNIT_LIBS) $(HDF5_LIBS) $(ZSTD_LIBS) $(LDLIBS)
$(BUILD)/unroll-bits: $(BUILD)/tests/bits.o $(OBJECTS)
	$(CC) -o $@ $^ $(LDFLAGS) $(if $(CORE_ONLY),,$(HDF5_LIBS) $(ZSTD_LIBS)) $(LDLIBS)

# the peers of unroll bench --peers, with a compiler's best
$(BUILD)/unroll-peer-%: lib/bench/peers/%.c lib/bench/peers/peer.c lib/bench/peers/peer.h $(BUILD)/flags
	$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -O3 -march=native -ffast-math -fopenmp $(WARNINGS) -Wno-conversion -Wno-shadow \
	    $(filter %.c,$^) -o $@ $(PEER_LIBS_$*) -lm

$(BUILD)/lib/store/%.o: CPPFLAGS += $(HDF5_CFLAGS)
$(BUILD)/datasets/text/compressor.o: CPPFLAGS += $(if $(CORE_ONLY),-DUNROLL_NO_ZSTD,$(shell pkg-config --cflags libzstd))
$(BUILD)/tests/test_layout.o: CPPFLAGS += -DUNROLL_EXTRA='"$(ADDED)"'
$(BUILD)/tests/test_layout.o: $(BUILD)/extra
# the tests that call the program find it below the same build folder
$(BUILD)/tests/%.o: CPPFLAGS += -Itests $(HDF5_CFLAGS) -DUNROLL_PROGRAM='"$(BUILD)/unroll"'
$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
define isa_rule
$(BUILD)/isa-$(1)/%.o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(call field,$(1),flags) -DUNROLL_ISA=$(1) -include lib/simd/vec_$(1).h -MMD -MP -c $$< -o $$@
endef
$(foreach i,$(sort $(ISAS) double),$(eval $(call isa_rule,$(i))))

# what EXTRA adds; a task may include datasets/read/draws.h as ours do. It has no .d, which would name files of another EXTRA
HEADERS := $(wildcard lib/*.h lib/*/*.h datasets/*/*.h $(foreach d,$(ADDED),$(d)/*/*.h $(d)/*/*/*.h))
$(BUILD)/added/%.o: CPPFLAGS += -Idatasets
define added_rule
$(BUILD)/added/%.o: $(1)/%.c $(BUILD)/flags $(BUILD)/extra $(HEADERS)
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) -c $$< -o $$@
$(BUILD)/plots/%.gp: $(1)/plots/%.gp | $(BUILD)/extra
	@mkdir -p $$(@D); ln -sf $$(abspath $$<) $$@
endef
define added_isa_rule
$(BUILD)/isa-$(2)/added/%.o: $(1)/%.c $(BUILD)/flags $(BUILD)/extra $(HEADERS)
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(call field,$(2),flags) -DUNROLL_ISA=$(2) -include lib/simd/vec_$(2).h -c $$< -o $$@
endef
$(foreach d,$(ADDED),$(eval $(call added_rule,$(d)))$(foreach i,$(sort $(ISAS) double),$(eval $(call added_isa_rule,$(d),$(i)))))
$(BUILD)/extra: FORCE
	@mkdir -p $(BUILD); echo '$(abspath $(ADDED))' | cmp -s - $@ || { rm -rf $(BUILD)/plots; echo '$(abspath $(ADDED))' >$@; }

# objects are rebuilt when the compiler or its flags change
FLAGS_NOW := $(MACHINE) $(CC) $(CPPFLAGS) $(CFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD); echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@
REGISTERED := isas: $(ISAS) cells: $(CELLS) losses: $(LOSSES) layers: $(LAYERS) networks: $(NETWORKS) tasks: $(TASKS) experiments: $(EXPERIMENTS) commands: $(COMMANDS) tests: $(TESTS)
$(BUILD)/registered: FORCE
	@mkdir -p $(BUILD); echo '$(REGISTERED)' | cmp -s - $@ || echo '$(REGISTERED)' >$@
$(BUILD)/registry.c: $(BUILD)/registered lib/base/registry.sh $(wildcard lib/simd/vec_*.h)
	sh lib/base/registry.sh "$(ISAS)" "$(CELLS)" "$(LOSSES)" "$(LAYERS)" "$(NETWORKS)" "$(TASKS)" \
	    "$(if $(CORE_ONLY),-,$(EXPERIMENTS))" "$(if $(CORE_ONLY),-,$(COMMANDS))" "$(ADDED)" >$@.part && mv $@.part $@
$(BUILD)/sources.c: $(BUILD)/registered lib/model/sources.sh lib/base/random.c lib/base/cosine.c $(wildcard lib/base/r*.h \
                    $(CORE_FOLDERS:%=lib/%/*.[ch]) datasets/*.c datasets/*/*.[ch]) \
                    $(foreach d,$(ADDED),$(wildcard $(addprefix $(d)/,$(ADDABLE))))
	sh lib/model/sources.sh "$(CELLS)" "$(NETWORKS)" "$(TASKS)" "$(ADDED)" >$@.part && mv $@.part $@
$(BUILD)/tests/registry.c: $(BUILD)/registered tests/registry.sh
	@mkdir -p $(@D)
	sh tests/registry.sh $(TESTS) >$@.part && mv $@.part $@
$(BUILD)/tests/losses_in_double_table.c: $(BUILD)/registered tests/losses_in_double.sh
	@mkdir -p $(@D)
	sh tests/losses_in_double.sh $(LOSSES) >$@.part && mv $@.part $@
# the commit that the program was built from: looked up on every call, written when it changed
COMMIT_NOW := $(shell git rev-parse --short=12 HEAD 2>/dev/null && { git diff --quiet HEAD || echo +; })
$(BUILD)/commit: FORCE
	@mkdir -p $(BUILD); echo '$(COMMIT_NOW)' | cmp -s - $@ || echo '$(COMMIT_NOW)' >$@
$(BUILD)/lib/base/version.o: $(BUILD)/commit
$(BUILD)/lib/base/version.o: CPPFLAGS += $(if $(COMMIT_NOW),-DUNROLL_COMMIT='"$(subst $() ,,$(COMMIT_NOW))"')
$(BUILD)/lib/bench/machine.o: CPPFLAGS += -DUNROLL_FLAGS='"$(OPTIMIZE) -ffp-contract=off"'

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(BUILD)/experiments/unroll.d $(BUILD)/tests/bits.d
