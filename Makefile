# tenantd: build, run, test, install. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
MAKEFLAGS   += --no-builtin-rules

SANITIZE ?=
OPT      ?= -O2
CXX      ?= g++
comma    := ,
BUILD    ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

CXXFLAGS ?= $(OPT) -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
override CXXFLAGS += -std=c++20 $(WARNINGS) -fno-strict-aliasing -pthread -ffunction-sections -fdata-sections
override CPPFLAGS += -Iinclude -I$(BUILD)/gen -D_FORTIFY_SOURCE=$(if $(SANITIZE),0,2) -DRAPIDJSON_HAS_STDSTRING=1
override LDFLAGS  += -pthread -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro,-z,now
LDLIBS   := -lfcgi -lcgicc -lmysqlcppconn -lcurl -lssl -lcrypto -largon2 -lcrypt -loath -lzxcvbn -lutf8proc -lidn2 -lsystemd -lz -lre2
CCACHE   := $(shell command -v ccache 2>/dev/null)
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
OBJECTS  := $(SOURCES:src/%.cpp=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/schemas.o $(BUILD)/obj/gen/templates.o \
            $(BUILD)/obj/gen/common_passwords.o
LIBRARY  := $(BUILD)/libtenantd.a

.PHONY: all
all: $(BINARIES:%=$(BUILD)/%)

include $(sort $(wildcard src/run/*.mk))

# What the flags were, so that a change of them rebuilds.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CXX) $(CXXFLAGS) $(CPPFLAGS)' | cmp -s - $@ || printf '%s\n' '$(CXX) $(CXXFLAGS) $(CPPFLAGS)' > $@
.PHONY: FORCE
FORCE:

$(BUILD)/obj/%.o: src/%.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CXX   $<"
	@$(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CXX   $<"
	@$(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%: $(BUILD)/obj/bin/%.o $(LIBRARY)
	@echo "  LINK  $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $< $(LIBRARY) $(LDLIBS)

# Files embedded as text: one table a kind, sorted by name (see src/run/embed.sh).
$(BUILD)/gen/schemas.cpp: $(sort $(wildcard src/schema/*.json src/schema/reply/*.json)) src/run/embed.sh
	@mkdir -p $(@D)
	@src/run/embed.sh schemas src/schema $(filter %.json,$^) > $@.tmp && mv $@.tmp $@
$(BUILD)/gen/templates.cpp: $(sort $(wildcard src/mail/templates/*.mustache)) src/run/embed.sh
	@mkdir -p $(@D)
	@src/run/embed.sh templates src/mail/templates $(filter %.mustache,$^) > $@.tmp && mv $@.tmp $@
# The common passwords come from Debian's python3-zxcvbn (MIT), most frequent first; those under 8 characters are
# refused by their length anyway.
$(BUILD)/gen/common_passwords.cpp: src/run/common-passwords.sh src/run/embed.sh
	@mkdir -p $(@D)
	@src/run/common-passwords.sh > $(@D)/common_passwords.txt
	@src/run/embed.sh common_passwords $(@D) $(@D)/common_passwords.txt > $@.tmp && mv $@.tmp $@

.PHONY: clean
clean: ## Remove what the build made
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
