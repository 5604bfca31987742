#!/usr/bin/env python3
"""shards.py: 10^8 users on 100 shards, on paper: which shard is hot under which placement, and what look-ups cost.

  shards.py          prints the tables of sql/sharding/README.md
  shards.py write    puts them into that guide, and draws sql/sharding/load.svg
  shards.py check    exits 1 if the guide or its picture says otherwise, or if a table of the schema has no place in it

No user is an object here. Organizations of LARGE users and more are drawn one by one; those below are so many on a shard
that their sum is drawn from a normal distribution of the same mean and variance. The seed is fixed, and every random
number comes from Random.random(), so that each run prints the same.

The model, whose figures are assumptions where no source is named:

  sizes      P(size > s) is proportional to 1/s up to LARGEST: what Axtell found for firms (Science 293, 1818; 2001)
  activity   a fifth of the users works on a day, 100 requests each within 8 hours, all in one zone of time
  bursts     each organization has one a day on average: 10 minutes at 2 to 20 times its requests, P(factor > f) ~ f^-1.5
"""
import bisect
import hashlib
import math
import random
import re
import statistics
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
GUIDE = TOP / "sql/sharding/README.md"
PICTURE = TOP / "sql/sharding/load.svg"

SEED = 17  # one of those whose fullest shard by hash is about the median's
USERS, SHARDS = 10**8, 100
LARGEST, LARGE = 10**6, 2000
APART = 10  # organizations with a shard of their own
MINUTES, BURST, CALMEST, WILDEST = 480, 10, 2, 20
ACTIVE, REQUESTS = 0.2, 100
PER_USER = ACTIVE * REQUESTS / (MINUTES * 60)  # requests a second
RING_POINTS = 100
EXPONENTS, SEEDS = (0.9, 1.0, 1.1, 1.3), 12
NORMAL = statistics.NormalDist()


def hash64(text):
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


class World:
    """The organizations: `large` ones as (users, key), largest first; `small` ones as their number and the moments of a size."""

    def __init__(self, exponent=1.0, seed=SEED):
        self.seed, self.exponent = seed, exponent
        self.tail = LARGEST**-exponent
        self.number = round(USERS / self.moment(1, 1, LARGEST))
        large = round(self.number * self.above(LARGE))
        rng = random.Random(seed)
        sizes = sorted((round(self.size(rng.random() * self.above(LARGE))) for _ in range(large)), reverse=True)
        self.large = [(users, hash64(f"{seed} organization {i}")) for i, users in enumerate(sizes)]
        self.small_users = USERS - sum(sizes)
        self.small_number = self.number - large
        self.small_square = self.moment(2, 1, LARGE) * self.number / self.small_number

    def above(self, size):
        """P(a size > `size`)."""
        return (size**-self.exponent - self.tail) / (1 - self.tail)

    def size(self, above):
        return (above * (1 - self.tail) + self.tail) ** (-1 / self.exponent)

    def moment(self, power, low, high):
        """The part of E[size^power] that sizes from `low` to `high` make."""
        rest = power - self.exponent
        whole = math.log(high / low) if abs(rest) < 1e-9 else (high**rest - low**rest) / rest
        return self.exponent / (1 - self.tail) * whole

    def small_loads(self, shares):
        """Users of the small organizations on each shard, whose parts of the space of keys are `shares`."""
        mean = self.small_users / self.small_number
        rng = random.Random(self.seed + len(shares))
        drawn = [self.small_number * share * mean + NORMAL.inv_cdf(rng.random()) * math.sqrt(self.small_number * share * self.small_square)
                 for share in shares]
        return [users * self.small_users / sum(drawn) for users in drawn]

    def bursts(self):
        """(organization, first minute, factor) for each burst of a large organization."""
        rng, found = random.Random(self.seed + 1), []
        for org in range(len(self.large)):
            minute = -math.log(1 - rng.random()) * MINUTES
            while minute < MINUTES:
                found.append((org, int(minute), burst_factor(rng.random())))
                minute += -math.log(1 - rng.random()) * MINUTES
        return found


def burst_factor(chance):
    low, high = CALMEST**-1.5, WILDEST**-1.5
    return (low - chance * (low - high)) ** (-1 / 1.5)


def mean_burst():
    """By how much bursts raise the mean: what the many small organizations show, and no more than that."""
    factor = statistics.fmean(burst_factor((i + 0.5) / 1000) for i in range(1000))
    return 1 + BURST / MINUTES * (factor - 1)


# Placements. `place`: the shard of each large organization, and each shard's part of the small ones. `grow`: which large
# organizations, and which part of each shard's small ones, move when a shard is added.


class Ranges:
    """Equal ranges of the hash, as Vitess's hashing vindexes place. A new shard takes half of the fullest one's range."""
    name = "hash, ranges of keys"
    entries = 0

    def place(self, world, shards=SHARDS):
        return [key * shards >> 64 for _, key in world.large], [1 / shards] * shards

    def grow(self, world, homes, loads):
        full = loads.index(max(loads))
        moved = [i for i, (_, key) in enumerate(world.large) if homes[i] == full and key * SHARDS * 2 >> 64 & 1]
        return moved, [0.5 if s == full else 0 for s in range(SHARDS)]


class Jump:
    """Jump consistent hash (Lamping, Veach; arXiv 1406.2294)."""
    name = "hash, jump"
    entries = 0

    @staticmethod
    def shard(key, shards):
        b, j = -1, 0
        while j < shards:
            b = j
            key = (key * 2862933555777941757 + 1) % 2**64
            j = int((b + 1) * (2**31 / ((key >> 33) + 1)))
        return b

    def place(self, world, shards=SHARDS):
        return [self.shard(key, shards) for _, key in world.large], [1 / shards] * shards

    def grow(self, world, homes, loads):
        moved = [i for i, (_, key) in enumerate(world.large) if self.shard(key, SHARDS + 1) == SHARDS]
        return moved, [1 / (SHARDS + 1)] * SHARDS


class Ring:
    """A ring with RING_POINTS points a shard."""
    name = f"hash, ring of {RING_POINTS} points a shard"
    entries = 0

    def __init__(self):
        self.points = sorted((hash64(f"shard {s} point {p}"), s) for s in range(SHARDS + 1) for p in range(RING_POINTS))

    def place(self, world, shards=SHARDS):
        points = [point for point in self.points if point[1] < shards]
        keys = [key for key, _ in points]
        shares = [0.0] * shards
        for i, (key, shard) in enumerate(points):
            shares[shard] += (key - keys[i - 1]) % 2**64 / 2**64
        return [points[bisect.bisect_left(keys, key) % len(points)][1] for _, key in world.large], shares

    def grow(self, world, homes, loads):
        grown, shares = self.place(world, SHARDS + 1)
        _, before = self.place(world)
        moved = [i for i, home in enumerate(grown) if home == SHARDS]
        return moved, [1 - after / was for was, after in zip(before, shares)]


class Apart:
    """The largest have a shard each, named in a list; all others by hash over the rest. A new shard takes one from the fullest."""
    name = f"the {APART} largest apart, others by hash"
    entries = APART

    def place(self, world):
        rest = SHARDS - APART
        homes = [i if i < APART else APART + (key * rest >> 64) for i, (_, key) in enumerate(world.large)]
        return homes, [0.0] * APART + [1 / rest] * rest

    def grow(self, world, homes, loads):
        full = loads.index(max(loads))
        return [homes.index(full)], [0] * SHARDS


class Listed:
    """Each large organization where there is most room, named in a list; the small ones by ranges as wide as the room left."""
    name = "large ones listed, ranges as wide as the room left"

    def place(self, world):
        self.entries = len(world.large)
        loads, homes = [0] * SHARDS, []
        for users, _ in world.large:
            home = loads.index(min(loads))
            loads[home] += users
            homes.append(home)
        room = [max(0, USERS / SHARDS - load) for load in loads]
        return homes, [free / sum(room) for free in room]

    def grow(self, world, homes, loads):
        """From each shard in turn, the fullest first, the largest organizations that it has too much."""
        target, moved = USERS / (SHARDS + 1), []
        room = target
        for shard in sorted(range(SHARDS), key=lambda s: -loads[s]):
            over = loads[shard] - target
            for org in (i for i, home in enumerate(homes) if home == shard):
                users = world.large[org][0]
                if users <= min(over, room):
                    moved.append(org)
                    over, room = over - users, room - users
        return moved, [0] * SHARDS


class Outcome:
    def __init__(self, world, placement):
        self.world, self.placement = world, placement
        self.homes, self.shares = placement.place(world)
        self.small = world.small_loads(self.shares)
        self.loads = list(self.small)
        for (users, _), home in zip(world.large, self.homes):
            self.loads[home] += users
        self.mean = USERS / SHARDS

    def over_minutes(self):
        """Requests a second of each shard in each minute, over the mean of all."""
        base = mean_burst()
        minutes = [[small * base + (load - small)] * MINUTES for small, load in zip(self.small, self.loads)]
        for org, first, factor in self.world.bursts():
            row = minutes[self.homes[org]]
            for minute in range(first, min(first + BURST, MINUTES)):
                row[minute] += (factor - 1) * self.world.large[org][0]
        flat = sorted(users for row in minutes for users in row)
        mean = statistics.fmean(flat)
        return flat[int(len(flat) * 0.99)] / mean, flat[-1] / mean, flat[-1] * PER_USER

    def growth(self):
        """(users moved, organizations moved, fullest shard over the mean of 101) when a shard is added."""
        moved, parts = self.placement.grow(self.world, self.homes, self.loads)
        loads = [load - small * part for load, small, part in zip(self.loads, self.small, parts)]
        for org in moved:
            loads[self.homes[org]] -= self.world.large[org][0]
        users = USERS - sum(loads)
        small = sum(self.world.small_number * share * part for share, part in zip(self.shares, parts))
        return users, len(moved) + small, max(loads + [users]) * (SHARDS + 1) / USERS


# The tables.


def number(value):
    """Three digits that count, as people read them."""
    for unit, size in (("billion", 1e9), ("million", 1e6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def size_of(count):
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def markdown(heads, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])


def loads_table(outcomes):
    rows = []
    for outcome in outcomes:
        p99, worst, requests = outcome.over_minutes()
        users, organizations, after = outcome.growth()
        rows.append([outcome.placement.name, f"{max(outcome.loads) / outcome.mean:.2f}", f"{p99:.2f}", f"{worst:.2f}",
                     number(requests), f"{users / USERS:.2%}", number(organizations), f"{after:.2f}", number(outcome.placement.entries) if outcome.placement.entries else "0"])
    return markdown(["placement", "fullest shard", "p99 of minutes", "worst minute", "its requests/s", "a 101st shard moves of the users",
                     "and organizations", "fullest then", "entries in the list"], rows)


def sizes_table():
    rows = []
    for exponent in EXPONENTS:
        worlds = [World(exponent, SEED + i) for i in range(SEEDS)]
        rows.append([f"{exponent}", number(worlds[0].number), number(len(worlds[0].large)), f"{1 - worlds[0].small_users / USERS:.0%}",
                     *(fullest(worlds, kind) for kind in (Ranges, Apart, Listed))])
    return markdown(["exponent", "organizations", f"of {LARGE:,} users and more", "their part of the users",
                     "fullest shard: hash", f"{APART} apart", "listed"], rows)


def fullest(worlds, kind):
    ratios = [max(Outcome(world, kind()).loads) * SHARDS / USERS for world in worlds]
    return f"{statistics.median(ratios):.2f}, {max(ratios):.2f}"


def row_bytes(*columns):
    """A row of InnoDB with its header of 18 bytes, in pages that are 69 % full as random inserts leave them."""
    return (sum(columns) + 18) / 0.69


def costs_table(world, host_count=20, polls=20, poll_cores=0.003, key_part=0.05, slow=0.01):
    peak = USERS * PER_USER
    sign_ins = USERS * ACTIVE / 5 / (MINUTES * 60)
    rows = [
        ["requests of all users", "", f"{number(peak)} a second, {number(peak / SHARDS)} a shard"],
        ["list of the organizations that are not where the hash says", size_of(len(world.large) * 18) + " on each host", "none"],
        ["a map of every organization instead", size_of(world.number * 18) + " on each host", "none"],
        ["address → account", size_of(USERS * row_bytes(32, 16)) + " in the directory", f"{number(sign_ins)} a second: each sign-in, one a week"],
        ["account → organizations", size_of(USERS * row_bytes(16, 16, 8)) + " in the account's shard", "with the account"],
        ["API key → organization, if the key does not say it", size_of(world.number * row_bytes(32, 16)) + " for one key each",
         f"{number(peak * key_part)} a second, if a key sends every {round(1 / key_part)}th request"],
        ["invalidation logs, read by every host", "", f"{number(polls * SHARDS)} polls a second and {poll_cores * SHARDS:.0%} of a core a host; "
         f"{number(polls * host_count)} a second at each shard with {host_count} hosts"],
        ["a question to all shards", "", f"meets one of the slowest {slow:.0%} answers with {1 - (1 - slow) ** SHARDS:.0%}"],
    ]
    return markdown(["what", "memory", "requests"], rows)


# The picture.

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 340" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="15">
  <title id="title">Users on each of 100 shards under three placements</title>
  <style>
    .name { fill: #1b2230; font-weight: 600 }
    .soft { fill: #566072; font-size: 13px }
    .ground { fill: #f3f4f6 }
    .many { fill: #7b9fe6 }
    .one { fill: #b3261e }
    .mean { stroke: #1b2230; stroke-width: 1; stroke-dasharray: 4 3 }
    @media (prefers-color-scheme: dark) {
      .name { fill: #e8ebf1 }
      .soft { fill: #a9b3c3 }
      .ground { fill: #11151c }
      .many { fill: #4a6cae }
      .one { fill: #ff8a80 }
      .mean { stroke: #e8ebf1 }
    }
  </style>
  <rect class="ground" width="960" height="340" rx="12"/>
"""
PANELS = (("by hash", 0), (f"the {APART} largest apart", 3), ("large ones listed", 4))
WIDE, HIGH, FLOOR = 270, 200, 280


def panel(outcome, left, name, scale):
    largest = [0] * SHARDS
    for (users, _), home in zip(outcome.world.large, outcome.homes):
        largest[home] = max(largest[home], users)
    bars = sorted(zip(outcome.loads, largest), reverse=True)
    step, many, one = WIDE / SHARDS, "", ""
    for i, (load, big) in enumerate(bars):
        x, high, part = left + i * step, load / outcome.mean * scale, big / outcome.mean * scale
        many += f"M{x:.1f} {FLOOR}h{step - 0.5:.1f}v-{high - part:.1f}h-{step - 0.5:.1f}z"
        one += f"M{x:.1f} {FLOOR - high + part:.1f}h{step - 0.5:.1f}v-{part:.1f}h-{step - 0.5:.1f}z"
    line = FLOOR - scale
    return f"""  <text class="name" x="{left}" y="36">{name}</text>
  <text class="soft" x="{left}" y="56">fullest shard: {bars[0][0] / outcome.mean:.2f} of the mean</text>
  <path class="many" d="{many}"/>
  <path class="one" d="{one}"/>
  <path class="mean" d="M{left} {line:.1f}h{WIDE}"/>
"""


def picture(outcomes):
    scale = HIGH / (max(max(outcomes[i].loads) for _, i in PANELS) / (USERS / SHARDS))
    body = "".join(panel(outcomes[i], 35 + column * 310, name, scale) for column, (name, i) in enumerate(PANELS))
    legend = f"""  <rect class="one" x="35" y="306" width="12" height="12"/>
  <text class="soft" x="53" y="317">the shard's largest organization</text>
  <rect class="many" x="345" y="306" width="12" height="12"/>
  <text class="soft" x="363" y="317">its other organizations</text>
  <path class="mean" d="M655 312h24"/>
  <text class="soft" x="687" y="317">mean: {number(USERS / SHARDS)} users</text>
"""
    return HEAD + body + legend + "</svg>\n"


# The guide.


def with_tables(text, tables):
    for name, table in tables.items():
        text, found = re.subn(rf"(?s)(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", lambda m: m[1] + "\n" + table + "\n" + m[2], text)
        if found != 1:
            sys.exit(f"{GUIDE.relative_to(TOP)} lacks the lines <!-- {name} --> and <!-- /{name} -->")
    return text


def schema():
    """(tables, those whose primary key begins with the organization)."""
    sources = [*TOP.glob("sql/[0-9]*.sql"), *TOP.glob("sql/baseline_*.sql"), *TOP.glob("src/db/*.cpp")]
    text = re.sub(r'"\s*"', "", "\n".join(path.read_text() for path in sorted(sources)))
    tables = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?tenantd\.(\w+)", text))
    of_organizations = set(re.findall(r"CREATE TABLE IF NOT EXISTS tenantd\.(\w+) \((?:(?!ENGINE)[\s\S])*?PRIMARY KEY \(org_id\b", text))
    return tables - set(re.findall(r"DROP TABLE (?:IF EXISTS )?tenantd\.(\w+)", text)), of_organizations


def placing_faults(text):
    """A table whose keys begin with the organization lies with it, whether the guide names it or not."""
    section = re.search(r"(?s)\n## Where each table lies\n(.*?)\n## ", text)[1]
    named = re.findall(r"`(\w+)`", "".join(line.split("|")[2] for line in section.splitlines() if line.startswith("| **")))
    tables, of_organizations = schema()
    yield from (f"the guide places {name} twice" for name in sorted({n for n in named if named.count(n) > 1}))
    yield from (f"the guide places {name}, which is no table" for name in sorted(set(named) - tables))
    yield from (f"the guide does not say where {name} lies" for name in sorted(tables - of_organizations - set(named)))


def main(arguments):
    world = World()
    outcomes = [Outcome(world, placement) for placement in (Ranges(), Jump(), Ring(), Apart(), Listed())]
    tables = {"loads": loads_table(outcomes), "sizes": sizes_table(), "costs": costs_table(world)}
    if not arguments:
        return print("\n\n".join(tables.values()))
    text = GUIDE.read_text()
    told, drawn = with_tables(text, tables), picture(outcomes)
    if arguments == ["write"]:
        GUIDE.write_text(told)
        PICTURE.write_text(drawn)
        return 0
    if arguments != ["check"]:
        sys.exit(__doc__)
    faults = list(placing_faults(text))
    if told != text or PICTURE.read_text() != drawn:
        faults.append("the tables or the picture of sql/sharding are stale: tests/bench/shards.py write")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
