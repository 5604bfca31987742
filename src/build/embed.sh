#!/usr/bin/env bash
# embed.sh NAME FOLDER FILE...: prints a C++ source that defines tenantd::embedded::NAME() over the files' text, under
# their names below FOLDER.
set -eu
name=$1 folder=$2
shift 2
echo '#include "tenantd/base/embedded.hpp"'
echo '#include <array>'
echo 'namespace tenantd::embedded {'
echo 'namespace {'
printf 'constexpr std::array<File, %d> kFiles{{\n' "$#"
for file in $(printf '%s\n' "$@" | LC_ALL=C sort); do
  # A literal may hold 64 KiB by the standard; pieces of 4,000 lines keep far below what compilers accept.
  printf '{"%s", ' "${file#"$folder"/}"
  awk 'NR % 200 == 1 { if (NR > 1) printf ")~~~\"\n"; printf "R\"~~~(" } { print } END { if (NR) printf ")~~~\""; else printf "\"\"" }' "$file"
  printf '},\n'
done
echo '}};'
echo '}  // namespace'
printf 'std::span<const File> %s() { return kFiles; }\n' "$name"
echo '}  // namespace tenantd::embedded'
