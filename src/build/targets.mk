# What the Makefile does besides building: run, test, client, check, install. Options: DB=mysql (run, start, test, bench), PORT=
# RUN_DIR= (run, start, stop, status, reload), FILTER='suite/name*' SLICES= TOGETHER= SLICE= JOBS= (test),
# SANITIZE=address,undefined (everything), DESTDIR= prefix= (install).

# A parallel build, unless this make is part of one already.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
STACK    = BUILD='$(abspath $(BUILD))' src/build/stack.sh
# For the scripts; what is not given keeps their own default.
export DB PORT RUN_DIR SANITIZE FILTER SLICES TOGETHER SLICE JOBS

# --- run -----------------------------------------------------------------------------------------------------------------

.PHONY: run start stop status reload
run: ## Install what is missing, build, run everything on 127.0.0.1:PORT until Ctrl-C
	@src/build/packages.sh install-missing build run
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@exec env $(STACK) foreground

start: ## The same in the background
	@src/build/packages.sh install-missing build run
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(STACK) start

stop: ## Stop what `make start` or `make run` started
	@$(STACK) stop

status: ## What runs
	@$(STACK) status

reload: ## Read the keys again, replace the workers one by one; settings stay (stop and start)
	@$(STACK) reload

# --- test ----------------------------------------------------------------------------------------------------------------

TEST_SOURCES := $(shell find tests -name '*_test.cpp' -o -path 'tests/support/*.cpp' | LC_ALL=C sort)
TEST_OBJECTS := $(TEST_SOURCES:tests/%.cpp=$(BUILD)/obj/tests/%.o)
BENCHES      := $(patsubst tests/bench/%.cpp,$(BUILD)/bench/%,$(wildcard tests/bench/*.cpp))

$(BUILD)/obj/tests/%.o: tests/%.cpp $(BUILD)/flags $(BUILD)/ahead/tests.hpp.gch
	@mkdir -p $(@D)
	$(call progress,CXX,$<)
	@$(COMPILE) -Itests $(TEST_OPT) $(call AHEAD,tests) -c -o $@ $<

# The yardsticks are compiled as what they are held against, and without the test library.
$(BUILD)/obj/tests/bench/%.o: tests/bench/%.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(call progress,CXX,$<)
	@$(COMPILE) -Itests -c -o $@ $<

# Nothing refers to Criterion's tests, which are found by their section: unused sections stay here. Of a template that
# both sides have, the first in line stays: the service's, which is optimized.
$(BUILD)/tests: $(TEST_OBJECTS) $(LIBRARY)
	$(call progress,LINK,$@)
	@$(CXX) $(CXXFLAGS) $(filter-out -Wl$(comma)--gc-sections,$(LDFLAGS)) -o $@ $(OBJECTS) $(TEST_OBJECTS) $(LDLIBS) -lcriterion

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call progress,LINK,$@)
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $< $(LIBRARY) $(LDLIBS)

# Named here, or make would take them for intermediate, delete them and compile them again.
.PHONY: main-objects
main-objects: $(BINARIES:%=$(BUILD)/obj/bin/%.o) $(BENCHES:$(BUILD)/%=$(BUILD)/obj/tests/%.o)

.PHONY: test-build test bench bench-compare
test-build: all $(BUILD)/tests

test: ## The whole suite against its own nginx, workers and database (DB=mysql, FILTER='suite/name*', SANITIZE=address,undefined)
	@src/build/packages.sh install-missing build run test
	@$(MAKE) --no-print-directory $(PARALLEL) test-build
	@BUILD='$(abspath $(BUILD))' tests/run.sh

bench: ## Measure beside a bare FastCGI hello on the same nginx
	@src/build/packages.sh install-missing build run bench
	@$(MAKE) --no-print-directory $(PARALLEL) all $(BENCHES)
	@BUILD='$(abspath $(BUILD))' tests/bench/run.sh

bench-compare: ## Put two runs of bench beside each other (A=FILE B=FILE)
	@tests/bench/results.py compare '$(A)' '$(B)'

# Everything of the library that clang instruments lies in a folder of its own. g++'s warnings are not clang's.
FUZZ_SECONDS ?= 600
FUZZ_FLAGS    = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fsanitize-ignorelist=tests/fuzz/ignored.txt
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call progress,LINK,$@)
	@$(CXX) $(CXXFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(LIBRARY) $(LDLIBS)

.PHONY: fuzz
fuzz: ## Fuzz whatever reads strangers' bytes, under AddressSanitizer (FUZZ_SECONDS=600)
	@src/build/packages.sh install-missing build fuzz
	@$(MAKE) --no-print-directory $(PARALLEL) BUILD=build-fuzz CXX=clang++ WARNINGS=-w CXXFLAGS='$(FUZZ_FLAGS)' build-fuzz/fuzz/parsers
	@mkdir -p build-fuzz/corpus
	@build-fuzz/fuzz/parsers -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=2 -rss_limit_mb=1024 -print_final_stats=1 \
	  -artifact_prefix=build-fuzz/finding- build-fuzz/corpus

# --- client --------------------------------------------------------------------------------------------------------------

CLIENT_VERSION = $(shell sed -n 's/.*kVersion = "\(.*\)";/\1/p' include/tenantd/base/version.hpp)
.PHONY: client
client: ## The API's typed client for TypeScript: build/client/package, and the same packed for npm
	@src/build/packages.sh install-missing build run client
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(BUILD)/tenantctl openapi > $(BUILD)/openapi.json
	@node src/clients/typescript/build.mjs $(BUILD)/openapi.json '$(CLIENT_VERSION)' .cache/node/node_modules $(BUILD)/client
	@echo "  $(BUILD)/client/tenantd-client-$(CLIENT_VERSION).tgz"

# --- check ---------------------------------------------------------------------------------------------------------------

FORMATTED = $(shell find include src tests -name '*.cpp' -o -name '*.hpp')

.PHONY: lint check format tidy generate
lint: ## Formatting, arrows, nginx -t, systemd-analyze, guides, generated files
	@src/build/packages.sh install-missing build run lint
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@BUILD='$(abspath $(BUILD))' src/build/lint.sh

check: lint test ## lint, then test

format: ## Rewrite the sources as clang-format wants them
	clang-format -i $(FORMATTED)

generate: all ## Rewrite what is committed and generated: nginx/lanes.conf, the settings table of systemd/README.md
	@BUILD='$(abspath $(BUILD))' src/build/lint.sh generate

# A stamp a source: only what changed is looked at again (headers do not count).
TIDY = $(SOURCES:src/%.cpp=$(BUILD)/tidy/%.ok) $(BINARIES:%=$(BUILD)/tidy/bin/%.ok)
$(BUILD)/tidy/%.ok: src/%.cpp .clang-tidy
	@mkdir -p $(@D)
	@echo "  TIDY  $<"
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(CPPFLAGS) $(filter-out -Werror,$(CXXFLAGS)) -Wno-unknown-warning-option 2>/dev/null
	@touch $@

tidy: ## clang-tidy on what changed since its last run (minutes at first)
	@$(MAKE) --no-print-directory $(PARALLEL) tidy-all
.PHONY: tidy-all
tidy-all: $(TIDY)

# --- install -------------------------------------------------------------------------------------------------------------

prefix      ?= /usr
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
sbindir     ?= $(exec_prefix)/sbin
datarootdir ?= $(prefix)/share
datadir     ?= $(datarootdir)
docdir      ?= $(datarootdir)/doc/tenantd
mandir      ?= $(datarootdir)/man
libdir      ?= $(exec_prefix)/lib
sysconfdir  ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
nginxdir    ?= /etc/nginx
unitdir     ?= $(if $(filter /usr,$(prefix)),/usr/lib/systemd/system,/etc/systemd/system)
sysusersdir ?= $(if $(filter /usr,$(prefix)),/usr/lib/sysusers.d,/etc/sysusers.d)
tmpfilesdir ?= $(if $(filter /usr,$(prefix)),/usr/lib/tmpfiles.d,/etc/tmpfiles.d)

INSTALL         ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA    ?= $(INSTALL) -m 644

SBIN         = $(filter-out tenantctl,$(BINARIES))
UNITS        = $(notdir $(wildcard systemd/*.service systemd/*.socket systemd/*.timer))
NGINX_FILES  = balancer.conf.example grafana.conf.example guard.conf.example haproxy.cfg.example http.conf lanes.conf server.conf tls.conf.example $(patsubst nginx/%,%,$(wildcard nginx/http/*.conf nginx/snippets/*.conf))
# The operator's own to change: kept when they exist, the new one is laid beside as FILE.new.
NGINX_KEPT   = files-dir.conf limits.conf real-ip.conf
PAGES        = $(notdir $(wildcard nginx/www/*.*))
# What the files say of places, said of these ones.
PLACES       = sed -e 's|/usr/sbin/|$(sbindir)/|g' -e 's|/usr/bin/|$(bindir)/|g' -e 's|/usr/share/tenantd|$(datadir)/tenantd|g' \
               -e 's|/etc/tenantd/|$(sysconfdir)/tenantd/|g' -e "s|installed-version|$$(src/build/console.py version)|"
# keep FILE MODE: standard input becomes FILE, or FILE.new if the operator has changed FILE.
define KEEP
keep() { \
  $(INSTALL) -d "$$(dirname "$$1")"; cat > "$$1.new"; chmod "$$2" "$$1.new"; \
  if [ ! -e "$$1" ] || cmp -s "$$1" "$$1.new"; then mv "$$1.new" "$$1"; else echo "  KEPT  $$1 (the new one is $$1.new)"; fi; \
}
endef

.PHONY: install uninstall
install: all ## Install (DESTDIR=, prefix=/usr): binaries, migrations, pages, guides, manuals, nginx files, units
	@src/build/packages.sh libraries
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(sbindir) $(DESTDIR)$(datadir)/tenantd/sql $(DESTDIR)$(datadir)/tenantd/www
	$(INSTALL) -d $(DESTDIR)$(unitdir) $(DESTDIR)$(sysusersdir) $(DESTDIR)$(tmpfilesdir) $(DESTDIR)$(docdir)
	$(INSTALL) -d $(DESTDIR)$(nginxdir)/tenantd/http $(DESTDIR)$(nginxdir)/tenantd/snippets
	$(INSTALL_PROGRAM) $(PROGRAM) $(DESTDIR)$(sbindir)/
	@for name in $(filter-out tenantd,$(SBIN)); do ln -sfn tenantd $(DESTDIR)$(sbindir)/$$name; done
	@$(PLACES) systemd/container-start.sh > $(DESTDIR)$(datadir)/tenantd/container-start; chmod 755 $(DESTDIR)$(datadir)/tenantd/container-start
	$(INSTALL_PROGRAM) nginx/reload-nginx.sh $(DESTDIR)$(datadir)/tenantd/reload-nginx
	@ln -sfnr $(DESTDIR)$(sbindir)/tenantd $(DESTDIR)$(bindir)/tenantctl
	@$(BUILD)/tenantctl completion bash > $(BUILD)/tenantctl.completion
	$(INSTALL_DATA) -D $(BUILD)/tenantctl.completion $(DESTDIR)$(datadir)/bash-completion/completions/tenantctl
	$(INSTALL_DATA) $(wildcard sql/*.sql) $(DESTDIR)$(datadir)/tenantd/sql/
	$(INSTALL) -d $(DESTDIR)$(datadir)/tenantd/monitoring
	$(INSTALL_DATA) $(wildcard systemd/monitoring/*.json systemd/monitoring/*.yml systemd/monitoring/*.conf) $(DESTDIR)$(datadir)/tenantd/monitoring/
	$(INSTALL_DATA) $(PAGES:%=nginx/www/%) $(DESTDIR)$(datadir)/tenantd/www/
	rm -rf $(DESTDIR)$(datadir)/tenantd/www/app $(DESTDIR)$(datadir)/tenantd/www/lib $(DESTDIR)$(datadir)/tenantd/www/guide
	@(cd nginx/www && find app guide -type f ! -name README.md) | while read -r page; do \
	  $(INSTALL_DATA) -D nginx/www/$$page $(DESTDIR)$(datadir)/tenantd/www/$$page; done
	@src/build/console.py index > $(DESTDIR)$(datadir)/tenantd/www/app/index.html
	@for manual in $(MANUALS); do \
	  $(INSTALL_DATA) -D $$manual $(DESTDIR)$(mandir)/man$${manual##*.}/$${manual##*/}; done
	@for folder in nginx/www/lib/*/; do $(INSTALL) -d $(DESTDIR)$(datadir)/tenantd/www/lib/$$(basename $$folder); \
	  $(INSTALL_DATA) $$folder* $(DESTDIR)$(datadir)/tenantd/www/lib/$$(basename $$folder)/; done
	$(INSTALL_DATA) $(wildcard LICENSE README.md) $(DESTDIR)$(docdir)/
	@for file in $(NGINX_FILES); do $(PLACES) nginx/$$file > $(DESTDIR)$(nginxdir)/tenantd/$$file; chmod 644 $(DESTDIR)$(nginxdir)/tenantd/$$file; done
	@for unit in $(UNITS); do $(PLACES) systemd/$$unit > $(DESTDIR)$(unitdir)/$$unit; chmod 644 $(DESTDIR)$(unitdir)/$$unit; done
	@$(PLACES) systemd/tenantd.sysusers.conf > $(DESTDIR)$(sysusersdir)/tenantd.conf
	@$(PLACES) systemd/tenantd.tmpfiles.conf > $(DESTDIR)$(tmpfilesdir)/tenantd.conf
	@chmod 644 $(DESTDIR)$(sysusersdir)/tenantd.conf $(DESTDIR)$(tmpfilesdir)/tenantd.conf
	@$(KEEP); for file in $(NGINX_KEPT); do keep $(DESTDIR)$(nginxdir)/tenantd/$$file 644 < nginx/$$file; done; \
	  $(PLACES) nginx/tenantd.conf | keep $(DESTDIR)$(nginxdir)/sites-available/tenantd.conf 644; \
	  $(BUILD)/tenantctl settings --env | sed 's|^#SQL_DIR=.*|SQL_DIR=$(datadir)/tenantd/sql|' | keep $(DESTDIR)$(sysconfdir)/tenantd/tenantd.env 600

# A site that includes what goes would keep nginx from starting again, and with it every site of the machine.
uninstall: ## Remove what install put there, and disable nginx's sites of it; the operator's files in /etc and all data stay
	@. systemd/debian/sites.sh; nginx_dir=$(DESTDIR)$(nginxdir); for link in $$(sites_with 'include[[:space:]]+tenantd/'); do \
	  if [ -L "$$link" ]; then rm "$$link"; echo "  DISABLED  $$link: reload nginx"; \
	  else echo "  $$link includes what is removed: take it away before nginx starts again"; fi; done
	rm -f $(DESTDIR)$(datadir)/bash-completion/completions/tenantctl
	rm -f $(SBIN:%=$(DESTDIR)$(sbindir)/%) $(DESTDIR)$(bindir)/tenantctl $(UNITS:%=$(DESTDIR)$(unitdir)/%)
	rm -f $(DESTDIR)$(sysusersdir)/tenantd.conf $(DESTDIR)$(tmpfilesdir)/tenantd.conf
	rm -f $(NGINX_FILES:%=$(DESTDIR)$(nginxdir)/tenantd/%)
	rm -f $(foreach manual,$(MANUALS),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(manual)))/$(notdir $(manual)))
	rm -rf $(DESTDIR)$(datadir)/tenantd $(DESTDIR)$(docdir)
	-@rmdir $(DESTDIR)$(nginxdir)/tenantd/http $(DESTDIR)$(nginxdir)/tenantd/snippets 2>/dev/null

# --- package -------------------------------------------------------------------------------------------------------------

.PHONY: deb test-deb
deb: ## Build Debian packages into build/deb, from the objects of this build, and have lintian look at them
	@src/build/packages.sh install-missing build run deb
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@BUILD='$(abspath $(BUILD))' src/build/deb.sh

test-deb: deb ## The packages' life in a clean root, as root: install, sign-in, upgrade, failed upgrade, remove, purge
	@src/build/packages.sh install-missing deb_test
	@BUILD='$(abspath $(BUILD))' tests/package.sh

# --- housekeeping --------------------------------------------------------------------------------------------------------

.PHONY: help dist-clean
dist-clean: ## Stop the private instance and remove it, every build and every cache
	@if [ -e .run/env ]; then RUN_DIR= DB= src/build/stack.sh stop; fi
	@if [ -e .run-mysql/env ]; then RUN_DIR= DB=mysql src/build/stack.sh stop; fi
	rm -rf .run .run-mysql .cache nginx/www/guide nginx/www/lib build build-* compile_commands.json

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
