#!/usr/bin/env python3
"""Keeps what tests/bench/run.sh measured, and puts two runs beside each other.

  results.py save MEASURED FILE NAME=VALUE...   MEASURED: a round a line; NAME=VALUE: what else is known of the run
  results.py compare BEFORE AFTER               what two files say of the same cases

Figures are medians over the rounds. Compared are the rate as a share of the yardstick of the same run, CPU time and round
trips, so that two runs on a machine that was faster in one of them can be compared; 1.00 means equal, and less is better
in all but the first.
Exit status: 0 done, 64 wrong usage, 66 a file cannot be read.
"""

import json
import statistics
import sys

COLUMNS = ("rate", "yardstick", "p50_us", "p99_us", "nginx_us", "tenantd_us", "database_us", "refused", "executes",
           "trips", "hash_us")


def measured(path):
    cases = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, *values = line.split()
            cases.setdefault(name, []).append([float(value) for value in values])
    return {name: summary(rounds) for name, rounds in cases.items()}


def summary(rounds):
    figures = {column: statistics.median(column_of) for column, column_of in zip(COLUMNS, zip(*rounds))}
    figures["ratio"] = statistics.median(each[0] / each[1] for each in rounds)
    figures["refused"] = sum(each[COLUMNS.index("refused")] for each in rounds)
    return figures


def save(source, target, known):
    run = dict(each.split("=", 1) for each in known)
    run["cases"] = measured(source)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(run, file, indent=1)
        file.write("\n")


def cost(figures):
    """CPU microseconds of tenantd and the database; of a sign-in, over the hash."""
    return figures["tenantd_us"] + figures["database_us"] - figures["hash_us"]


def row(name, before, after):
    text = f"{name:19}"
    for figure in (lambda f: f["ratio"], lambda f: cost(f) / 1000, lambda f: f["database_us"] / 1000,
                   lambda f: f["p99_us"] / 1000, lambda f: f["trips"]):
        old, new = figure(before), figure(after)
        share = f"{new / old:6.2f}" if old > 0 else "     -"
        text += f"{old:9.2f} {new:8.2f} {share}"
    return text


def compare(before, after):
    files = []
    for path in (before, after):
        with open(path, encoding="utf-8") as file:
            files.append(json.load(file))
    old, new = files
    for path, run in zip((before, after), files):
        print(path + ":", ", ".join(f"{name} {value}" for name, value in run.items() if name != "cases"))
    titles = ("rate ÷ yardstick", "CPU ms", "database, CPU ms", "p99 ms", "round trips")
    print(f"\n{'case':19}" + "".join(f"{title:>24}" for title in titles))
    for name in old["cases"]:
        if name in new["cases"]:
            print(row(name, old["cases"][name], new["cases"][name]))
    alone = sorted(old["cases"].keys() ^ new["cases"].keys())
    if alone:
        print("only in one of them:", ", ".join(alone))


def main(arguments):
    try:
        match arguments:
            case ["--help"]:
                print(__doc__.strip())
            case ["save", source, target, *known]:
                save(source, target, known)
            case ["compare", before, after] if before and after:
                compare(before, after)
            case _:
                print("results.py: wrong usage; see --help. make bench-compare wants A=FILE B=FILE.", file=sys.stderr)
                return 64
    except (OSError, ValueError, KeyError) as problem:
        print(f"results.py: {problem}", file=sys.stderr)
        return 66
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
