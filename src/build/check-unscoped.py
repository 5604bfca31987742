#!/usr/bin/env python3
"""check-unscoped.py: what Txn::call_unscoped() calls goes by its arguments alone.

The connection may still have the scope of the request before. So neither such a procedure nor a view or a routine that it
names may ask whose scope that is.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SQL = (TOP / "sql/views.sql").read_text(encoding="utf-8")
SCOPED = re.compile(r"current_(org|user_id|super)|@tenantd_")
DEFINED = re.compile(r"^CREATE (?:OR REPLACE )?DEFINER.*?(?:PROCEDURE|FUNCTION|VIEW) (tenantd(?:_app)?\.\w+)(.*?)(?=^CREATE |\Z)",
                     re.M | re.S)


def without_comments(text):
    return re.sub(r"--.*", "", text)


BODIES = {name: without_comments(body) for name, body in DEFINED.findall(SQL)}


def faults(name, seen):
    """Names, one a line, of what asks for the scope behind `name`."""
    if name in seen or name not in BODIES:
        return []
    seen.add(name)
    body = BODIES[name]
    found = [name] if SCOPED.search(body) else []
    for other in sorted(set(re.findall(r"tenantd(?:_app)?\.\w+", body))):
        found += faults(other, seen)
    return found


def main():
    called, bad = 0, 0
    for path in sorted((TOP / "src").rglob("*.cpp")):
        text = path.read_text(encoding="utf-8")
        for constant in re.findall(r"call_unscoped\((\w+)", text):
            statement = re.search(constant + r'\{\s*"[\w.]+",\s*"CALL (\w+)\(', text)
            called += 1
            if not statement or f"tenantd_app.{statement[1]}" not in BODIES:
                print(f"{path.relative_to(TOP)}: {constant} is no procedure of sql/views.sql")
                bad = 1
                continue
            for fault in faults(f"tenantd_app.{statement[1]}", set()):
                print(f"{path.relative_to(TOP)}: {statement[1]} is called without a scope, and {fault} asks for one")
                bad = 1
    if not called:
        print("nothing is called without a scope: this check looks for the wrong thing")
        bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
