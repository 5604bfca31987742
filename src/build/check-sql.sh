#!/usr/bin/env bash
# check-sql.sh: SQL that one of MariaDB and MySQL does not know stands nowhere but in the dialect (src/db).
#
# Looked at: what migrate runs, and the texts in C++. Not the migrations up to the baseline: only MariaDB has run them, and
# they never change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# An extended regular expression of grep's, a tab, what to write instead.
forms=$(cat <<'END'
CREATE OR REPLACE (DEFINER = [^ ]+ )?(PROCEDURE|FUNCTION|TRIGGER)	CREATE DEFINER = …; migrate replaces what has the name
ADD (COLUMN|KEY|INDEX|UNIQUE KEY|CONSTRAINT) IF NOT EXISTS|FOREIGN KEY IF NOT EXISTS	ADD …; migrate takes a clause that was done before as done
DROP (COLUMN|KEY|INDEX|CONSTRAINT|FOREIGN KEY) IF EXISTS	DROP …; migrate takes a clause that was done before as done
(MODIFY|CHANGE)( COLUMN)? IF EXISTS	MODIFY …
\) PERSISTENT	STORED
 JSON (NOT )?NULL	LONGTEXT COLLATE utf8mb4_bin … CHECK (JSON_VALID(column))
(TEXT|BLOB)[A-Za-z0-9_ ]* DEFAULT '	DEFAULT ('…')
BEGIN NOT ATOMIC	a procedure that is made, called and dropped
SET STATEMENT 	FOR UPDATE SKIP LOCKED, then the change
GROUP_CONCAT\([^"]* LIMIT 	SUBSTRING_INDEX(GROUP_CONCAT(…), ',', n)
(DELETE|INSERT|REPLACE|UPDATE) [^"]* RETURNING 	a SELECT beside it
IDENTIFIED (VIA|WITH) 	socket_login()
\bMD5\(	SHA2(…, 256)
seq_[0-9]+_to_	series()
@@(in_transaction|tx_isolation)	@@transaction_isolation with MySQL; see tests/db/txn_fixture.hpp
information_schema\.(global|session)_(status|variables)	SHOW GLOBAL STATUS LIKE …
 UUID (NOT )?NULL	BINARY(16)
END
)

# src/db's own; the test that tells what each server calls its variable.
exempt='^src/db/(dialect|connect)\.cpp:|^tests/db/(pool|dialect|grants)_test\.cpp:'
newest=$(printf '%s\n' sql/baseline_*.sql | sed -n 's/.*_0*\([1-9][0-9]*\)\.sql$/\1/p' | sort -n | tail -n 1)

looked_at() {
  local file number
  for file in sql/*.sql; do
    number=$(sed -n 's|^sql/0*\([1-9][0-9]*\)_.*|\1|p' <<<"$file")
    if [ -z "$number" ] || [ "$number" -gt "$newest" ]; then printf '%s\n' "$file"; fi
  done
  find src include tests -name '*.cpp' -o -name '*.hpp' -o -name '*.sql' -path 'tests/bench/*'
}

mapfile -t files < <(looked_at)
bad=0
while IFS=$'\t' read -r form instead; do
  # A comment of SQL's or of C++'s may name a form.
  if found=$(grep -nHE -- "$form" "${files[@]}" | grep -vE "$exempt" | grep -vE '^[^:]+:[0-9]+: *(--|//)'); then
    printf '%s\n' "$found" "  instead: $instead"
    bad=1
  fi
done <<<"$forms"
exit $bad
