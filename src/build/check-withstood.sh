#!/usr/bin/env bash
# check-withstood.sh: every test that tests/withstood.tsv names exists, and every line names one or says why there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

find tests -name '*_test.cpp' -exec cat {} + | tr '\n' ' ' | grep -oE 'Test\([a-z0-9_]+, *[a-z0-9_]+' |
  sed -E 's/Test\(//; s/, */\//' | sort -u |
  awk -F'\t' '
    NR == FNR { there[$1] = 1; next }
    /^#/ || /^$/ { next }
    NF != 3 { print "tests/withstood.tsv:" FNR ": takes three columns"; bad = 1; next }
    seen[$1]++ { print "tests/withstood.tsv:" FNR ": " $1 " stands twice"; bad = 1 }
    $3 ~ /^none: ./ { next }
    {
      count = split($3, names, " ")
      if (count == 0) { print "tests/withstood.tsv:" FNR ": " $1 " names no test"; bad = 1 }
      for (i = 1; i <= count; i++)
        if (!(names[i] in there)) { print "tests/withstood.tsv:" FNR ": there is no test " names[i]; bad = 1 }
    }
    END { exit bad }' - tests/withstood.tsv
