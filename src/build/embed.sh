#!/usr/bin/env bash
# embed.sh NAME FOLDER FILE...: prints a C++ source that defines tenantd::embedded::NAME() over the files' text, sorted
# by their names, which are what follows FOLDER/ in their paths. Exits 1 if two files have one name.
set -eu
name=$1 folder=$2
shift 2
named=$(for file in "$@"; do printf '%s\t%s\n' "${file##*/"$folder"/}" "$file"; done | LC_ALL=C sort)
twice=$(cut -f 1 <<<"$named" | uniq -d)
[ -z "$twice" ] || { echo "embed.sh: two files are called $twice" >&2; exit 1; }
echo '#include "tenantd/base/embedded.hpp"'
echo '#include <array>'
echo 'namespace tenantd::embedded {'
echo 'namespace {'
printf 'constexpr std::array<File, %d> kFiles{{\n' "$#"
while IFS=$'\t' read -r key file; do
  # A literal may hold 64 KiB by the standard; pieces of 200 lines keep far below what compilers accept.
  printf '{"%s", ' "$key"
  awk 'NR % 200 == 1 { if (NR > 1) printf ")~~~\"\n"; printf "R\"~~~(" } { print } END { if (NR) printf ")~~~\""; else printf "\"\"" }' "$file"
  printf '},\n'
done <<<"$named"
echo '}};'
echo '}  // namespace'
printf 'std::span<const File> %s() { return kFiles; }\n' "$name"
echo '}  // namespace tenantd::embedded'
