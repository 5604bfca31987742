#!/usr/bin/env python3
"""Draws systemd/monitoring/dashboard.svg: what the dashboard shows of an instance that is being used.

dashboard.py URL SECONDS FILE   uses the instance (`make run`) for so long, scrapes it, and draws what it said
"""
import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict

PASSWORD = "plum orbit canyon 42"
EVERY = 2.0
COLOURS = ["#3274d9", "#e0752d", "#3f9c35", "#b7298f", "#8f6bd8", "#c4a000"]


def call(url, method="GET", body=None, token=None):
    request = urllib.request.Request(url, method=method)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as refused:
        refused.read()
        return None


def use(url, seed, until):
    """One organization's day: it signs up, reads, writes, invites, and mistypes its password now and then."""
    chance = random.Random(seed)
    email = f"owner{seed}.{int(time.time())}@example.com"
    owner = call(url + "/signup", "POST", {"email": email, "password": PASSWORD, "organization_name": f"Works {seed}"})
    if not owner:
        return
    token = owner["access_token"]
    while time.time() < until:
        dice = chance.random()
        if dice < 0.6:
            call(url + chance.choice(["/users/me", "/api/v1/roles", "/organization/list_users", "/api/v1/products"]), token=token)
        elif dice < 0.85:
            call(url + "/api/v1/warehouses", "POST", {"name": f"Store {chance.random()}"}, token)
        elif dice < 0.93:
            call(url + "/invite_member", "POST", {"email": f"m{chance.random()}@example.com", "role": "viewer"}, token)
        else:
            password = PASSWORD if chance.random() < 0.7 else "not the password"
            call(url + "/signin", "POST", {"email": email, "password": password})
        # The load comes and goes.
        time.sleep(chance.random() * (0.05 if int(time.time() / 20) % 2 else 0.25))


def scrape(url):
    with urllib.request.urlopen(url + "/metrics", timeout=20) as reply:
        lines = reply.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


def label(series, name):
    _, found, rest = series.partition(name + '="')
    return rest.split('"', 1)[0] if found else ""


def total(sample, family, by=None):
    sums = defaultdict(float)
    for series, value in sample.items():
        if series == family or series.startswith(family + "{"):
            sums[label(series, by) if by else ""] += value
    return sums


def rates(samples, family, by=None):
    """A line for each value of the label `by`: the counter's growth a second."""
    lines = defaultdict(list)
    for (t0, before), (t1, after) in zip(samples, samples[1:]):
        old, new = total(before, family, by), total(after, family, by)
        for name, value in new.items():
            lines[name].append((t1, (value - old[name]) / (t1 - t0)))
    return lines


def quantiles(samples, family, wanted, by=None):
    lines = defaultdict(list)
    # Over five samples each, as a rate would be.
    for (_, before), (t1, after) in zip(samples, samples[5:]):
        buckets = defaultdict(lambda: defaultdict(float))
        for series, value in after.items():
            if series.startswith(family + "_bucket{"):
                buckets[label(series, by) if by else ""][float(label(series, "le").replace("+Inf", "inf"))] += value - before.get(series, 0)
        for name, counts in buckets.items():
            bounds = sorted(counts)
            everything = counts[bounds[-1]]
            for part in wanted:
                if everything > 0:
                    bound = next(b for b in bounds if counts[b] >= everything * part)
                    lines[f"{name or ''}{' ' if name else ''}{part:.0%}"].append((t1, min(bound, bounds[-2])))
    return lines


def gauges(samples, family, by=None):
    lines = defaultdict(list)
    for at, sample in samples:
        for name, value in total(sample, family, by).items():
            lines[name].append((at, value))
    return lines


def number(value):
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.3g}"


def panel(x, y, title, unit, lines, start, end):
    width, height, left, top = 380, 190, 44, 34
    lines = {name: points for name, points in sorted(lines.items()) if any(value > 0 for _, value in points)}
    most = max((value for points in lines.values() for _, value in points), default=1) * 1.1 or 1
    out = [f'<g transform="translate({x},{y})"><rect width="{width}" height="{height}" rx="4" class="card"/>',
           f'<text x="12" y="20" class="title">{title}</text>']
    inner_w, inner_h = width - left - 12, height - top - 40
    for step in range(3):
        at = top + inner_h * (1 - step / 2)
        out.append(f'<line x1="{left}" x2="{left + inner_w}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>')
        out.append(f'<text x="{left - 5}" y="{at + 3:.1f}" class="axis" text-anchor="end">{number(most * step / 2)}{unit}</text>')
    offset = 12
    for index, (name, points) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{left + inner_w * (t - start) / (end - start):.1f},{top + inner_h * (1 - v / most):.1f}" for t, v in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        out.append(f'<rect x="{offset}" y="{height - 20}" width="9" height="9" fill="{colour}"/>')
        out.append(f'<text x="{offset + 13}" y="{height - 12}" class="axis">{name or "all"}</text>')
        offset += 24 + 6 * len(name or "all")
    out.append("</g>")
    return "\n".join(out)


def draw(samples):
    start, end = samples[0][0], samples[-1][0]
    milliseconds = lambda lines: {n: [(t, v * 1000) for t, v in points] for n, points in lines.items()}
    panels = [
        ("Requests a second, by class of status", "", rates(samples, "tenantd_http_requests_total", "status")),
        ("Latency", " ms", milliseconds(quantiles(samples, "tenantd_http_request_duration_seconds", (0.5, 0.95)))),
        ("Sign-ins a second, by outcome", "", rates(samples, "tenantd_sign_ins_total", "outcome")),
        ("Wait for a thread, by lane", " ms", milliseconds(quantiles(samples, "tenantd_lane_queue_seconds", (0.95,), "lane"))),
        ("Mails that wait, by class", "", gauges(samples, "tenantd_outbox_mails", "class")),
        ("Statements a second", "", rates(samples, "tenantd_database_statements_total")),
    ]
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1192 412" role="img" aria-label="Six panels of the dashboard">',
           "<style>text{font-family:sans-serif;fill:#333}.title{font-size:13px;font-weight:600}.axis{font-size:10px}"
           ".card{fill:#fff;stroke:#ccc}.grid{stroke:#e4e4e4}</style>", '<rect width="1192" height="412" fill="#f4f5f5"/>']
    for index, (title, unit, lines) in enumerate(panels):
        out.append(panel(10 + index % 3 * 393, 10 + index // 3 * 202, title, unit, lines, start, end))
    return "\n".join(out) + "\n</svg>\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    url, seconds, file = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    until = time.time() + seconds
    users = [threading.Thread(target=use, args=(url, seed, until), daemon=True) for seed in range(6)]
    for user in users:
        user.start()
    samples = []
    while time.time() < until:
        samples.append((time.time(), scrape(url)))
        time.sleep(EVERY)
    with open(file, "w", encoding="utf-8") as out:
        out.write(draw(samples))


if __name__ == "__main__":
    main()
