#!/usr/bin/env bash
# Prints the common passwords of eight characters and more, sorted, one a line, from Debian's python3-zxcvbn.
set -eu
exec /usr/bin/python3 -c '
from zxcvbn.frequency_lists import FREQUENCY_LISTS
words = FREQUENCY_LISTS["passwords"]
words = words.split(",") if isinstance(words, str) else words
print("\n".join(sorted({w for w in words if len(w) >= 8})))
'
