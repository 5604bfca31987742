# tenantd: build, run, test, install. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
MAKEFLAGS   += --no-builtin-rules

SANITIZE ?=
OPT      ?= -O2
TEST_OPT ?= -O0 -U_FORTIFY_SOURCE
CXX      ?= g++
comma    := ,
empty    :=
space    := $(empty) $(empty)
define newline


endef
BUILD    ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

# Lines and functions for a stack trace; -g for a debugger doubles the time that the compiler takes.
DEBUG    ?= -g1
CXXFLAGS ?= $(OPT) $(DEBUG)
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
# As Debian hardens its packages, and the processor's own guards of jumps and returns.
MACHINE  := $(shell uname -m)
HARDENING := -fPIE -fstack-protector-strong -fstack-clash-protection \
             $(if $(filter x86_64,$(MACHINE)),-fcf-protection)$(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
override CXXFLAGS += -std=c++20 $(WARNINGS) $(HARDENING) -fno-strict-aliasing -pthread -ffunction-sections -fdata-sections
override CPPFLAGS += -Iinclude -Isrc -I$(BUILD)/gen -D_FORTIFY_SOURCE=$(if $(SANITIZE),0,3) -DRAPIDJSON_HAS_STDSTRING=1
override LDFLAGS  += -pthread -pie -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro,-z,now
LDLIBS   := -lfcgi -lcgicc -lmysqlcppconn -lcurl -lhiredis -lssl -lcrypto -largon2 -lcrypt -loath -lzxcvbn -lfido2 -lcbor -lutf8proc -lidn2 -lpsl -lcares -lsystemd -lseccomp -lz -lre2
# A compiler cache, where there is one (CCACHE= for none), may take a precompiled header for what it was made of.
CCACHE   ?= $(shell command -v ccache 2>/dev/null)
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime
ifneq ($(SANITIZE),)
override CXXFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
# g++ 12 sees an uninitialized value in its own <regex> when it instruments it.
override CXXFLAGS += -Wno-error=maybe-uninitialized
override LDFLAGS  += -fsanitize=$(SANITIZE)
# The sanitizer has a crypt_r of its own in front of the real one, which must be there although nothing seems to want it.
LDLIBS += -Wl,--no-as-needed -lcrypt -Wl,--as-needed
endif

BINARIES := $(patsubst src/bin/%.cpp,%,$(wildcard src/bin/*.cpp))
SOURCES  := $(filter-out src/bin/%,$(shell find src -name '*.cpp' | LC_ALL=C sort))
# The sources of a folder are compiled as one, which takes half of the time: what stands in its unnamed namespaces needs
# names of its own. `make tidy` looks at each by itself.
FOLDERS  := $(sort $(dir $(SOURCES)))
GENERATED := schemas templates postman common_passwords
OBJECTS  := $(FOLDERS:src/%/=$(BUILD)/obj/%.o) $(GENERATED:%=$(BUILD)/obj/gen/%.o)
LIBRARY  := $(BUILD)/libtenantd.a

.PHONY: all
all: $(BINARIES:%=$(BUILD)/%) guide

# "[n/N] CXX file": N is what a dry run would do, counted once by the make that compiles.
BUILDS := all guide test-build bench-build $(BUILD)/%
ifneq ($(filter $(BUILDS),$(or $(MAKECMDGOALS),all)),)
ifndef STEPS
STEPS := $(shell $(MAKE) --no-print-directory -n STEPS=0 $(MAKECMDGOALS) 2>/dev/null | grep -c '^: step')
endif
endif
progress = @$(eval STEP += x): step; echo "[$(words $(STEP))/$(STEPS)] $(1) $(2)"

include $(sort $(wildcard src/build/*.mk))

# The guides as pages, which nginx serves at /guide/, and the manual pages of the programs.
GUIDES    := README.md $(filter-out nginx/www/guide/%,$(shell find nginx sql src systemd tests -name README.md -o -path 'src/bin/*.md' -o -name '*.svg'))
MANUALS   := $(patsubst src/bin/%.md,$(BUILD)/man/%,$(wildcard src/bin/*.md))

.PHONY: guide
guide: nginx/www/guide/index.html $(MANUALS) ## Render the guides to nginx/www/guide and the manual pages to build/man
nginx/www/guide/index.html: $(GUIDES) src/build/guide.py
	$(call progress,PAGES,nginx/www/guide)
	@src/build/guide.py render nginx/www/guide
$(BUILD)/man/%: src/bin/%.md
	@mkdir -p $(@D)
	@lowdown -s --out-no-smarty --parse-no-autolink -Tman -M title=$(basename $*) -M section=$(subst .,,$(suffix $*)) -M source=tenantd -o $@ $<

# What the flags were, so that a change of them rebuilds. Written while make reads this file: a dry run counts by it.
FLAGS := $(CXX) $(CXXFLAGS) $(CPPFLAGS)
ifneq ($(strip $(file <$(BUILD)/flags)),$(strip $(FLAGS)))
$(shell mkdir -p $(BUILD))$(file >$(BUILD)/flags,$(FLAGS))
endif

# The newest migration's number, which the program knows; written as the flags are.
NEWEST_MIGRATION := $(shell ls sql | sed -n 's/^0*\([1-9][0-9]*\)_.*\.sql$$/\1/p' | sort -n | tail -n 1)
SCHEMA_VERSION   := namespace tenantd::db { inline constexpr std::int64_t kSchemaVersion = $(NEWEST_MIGRATION); }
ifneq ($(strip $(file <$(BUILD)/gen/schema_version.hpp)),$(SCHEMA_VERSION))
$(shell mkdir -p $(BUILD)/gen)$(file >$(BUILD)/gen/schema_version.hpp,$(SCHEMA_VERSION))
endif

# Half of a file's time were the headers that nearly all of them want: those are compiled ahead, once for the sources
# and once for the tests. `make tidy` compiles without them, and so finds a file that includes too little.
COMPILE  = $(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -Winvalid-pch
AHEAD    = -fpch-preprocess -include $(BUILD)/ahead/$(1).hpp
.PRECIOUS: $(BUILD)/ahead/%.hpp.gch
$(BUILD)/ahead/%.hpp.gch: src/build/ahead/%.hpp $(BUILD)/flags
	@mkdir -p $(@D)
	@cp $< $(@:.gch=)
	$(call progress,CXX,$<)
	@$(COMPILE) $(if $(filter tests,$*),-Itests $(TEST_OPT)) -x c++-header -o $@ $<

# FOLDER: src/FOLDER as one source, which is written while make reads this file, as the flags are.
define AS_ONE
ONE_$(1) := $$(subst $$(space),,$$(foreach source,$$(filter src/$(1)/%,$$(SOURCES)),$$(if $$(filter src/$(1)/,$$(dir $$(source))),#include"$$(source:src/%=%)"$$(newline))))
ifneq ($$(strip $$(file <$(BUILD)/gen/folder/$(1).cpp)),$$(strip $$(ONE_$(1))))
$$(shell mkdir -p $$(dir $(BUILD)/gen/folder/$(1)))$$(file >$(BUILD)/gen/folder/$(1).cpp,$$(ONE_$(1)))
endif
endef
$(foreach folder,$(FOLDERS:src/%/=%),$(eval $(call AS_ONE,$(folder))))
$(FOLDERS:src/%/=$(BUILD)/obj/%.o): $(BUILD)/obj/%.o: $(BUILD)/gen/folder/%.cpp $(BUILD)/flags $(BUILD)/ahead/sources.hpp.gch
	@mkdir -p $(@D)
	$(call progress,CXX,src/$*)
	@$(COMPILE) $(call AHEAD,sources) -c -o $@ $<

# A program, or one source by itself.
$(BUILD)/obj/%.o: src/%.cpp $(BUILD)/flags $(BUILD)/ahead/sources.hpp.gch
	@mkdir -p $(@D)
	$(call progress,CXX,$<)
	@$(COMPILE) $(call AHEAD,sources) -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(call progress,CXX,$<)
	@$(COMPILE) -c -o $@ $<

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

# One program that goes by five names (src/bin/programs.hpp).
PROGRAM := $(BUILD)/tenantd
$(PROGRAM): $(BINARIES:%=$(BUILD)/obj/bin/%.o) $(LIBRARY)
	$(call progress,LINK,$@)
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(filter-out $(PROGRAM),$(BINARIES:%=$(BUILD)/%)): $(PROGRAM)
	@ln -sfn $(<F) $@

# Files embedded as text, each beside what it serves: one table a kind, sorted by name (src/build/embed.sh). The list of
# them is written as the flags are, so that a file that is removed or moved counts too.
EMBEDDED_schemas   := $(shell find src -path '*/schema/*.json' | LC_ALL=C sort)
EMBEDDED_templates := $(shell find src -path '*/templates/*.mustache' | LC_ALL=C sort)
EMBEDDED_postman   := $(sort $(wildcard src/api/reference/postman/*))
define EMBED
ifneq ($$(strip $$(file <$(BUILD)/gen/$(1).list)),$$(EMBEDDED_$(1)))
$$(shell mkdir -p $(BUILD)/gen)$$(file >$(BUILD)/gen/$(1).list,$$(EMBEDDED_$(1)))
endif
$(BUILD)/gen/$(1).cpp: $(BUILD)/gen/$(1).list $$(EMBEDDED_$(1)) src/build/embed.sh
	@src/build/embed.sh $(1) $(2) $$(EMBEDDED_$(1)) > $$@.tmp && mv $$@.tmp $$@
endef
$(eval $(call EMBED,schemas,schema))
$(eval $(call EMBED,templates,templates))
$(eval $(call EMBED,postman,postman))
# The common passwords come from Debian's python3-zxcvbn (MIT), most frequent first; those under 8 characters are
# refused by their length anyway.
$(BUILD)/gen/common_passwords.cpp: src/build/common-passwords.sh src/build/embed.sh
	@mkdir -p $(@D)
	@src/build/common-passwords.sh > $(@D)/common_passwords.txt
	@src/build/embed.sh common_passwords gen $(@D)/common_passwords.txt > $@.tmp && mv $@.tmp $@

.PHONY: clean
clean: ## Remove what the build made
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
