#!/usr/bin/env python3
"""What one organization's worst hour costs another: neighbours.py URL SECONDS

A stranger asks over one kept connection for each kind of request, first while all is quiet, then while others do their
worst on the lane in question. Prints for each attack and request the count, median and 99th percentile in milliseconds,
the ratio of the latter to quiet, how many were refused, and what the attackers were answered. Exits with 1 if a stranger
was refused.
"""
import collections
import hashlib
import http.client
import itertools
import json
import multiprocessing
import os
import statistics
import sys
import threading
import time
from urllib.parse import urlsplit

PASSWORD = "plum orbit canyon 42"
ADDRESS, SECONDS = urlsplit(sys.argv[1]).netloc, float(sys.argv[2])
NUMBERS = itertools.count()


class Client:
    def __init__(self, token=None):
        self.token, self.connection = token, http.client.HTTPConnection(ADDRESS, timeout=60)

    def ask(self, method, path, body=None, raw=None):
        headers = {"Authorization": "Bearer " + self.token} if self.token else {}
        data = raw if raw is not None else (None if body is None else json.dumps(body))
        if data is not None:
            headers["Content-Type"] = "application/json" if raw is None else "application/octet-stream"
        self.connection.request(method, path, data, headers)
        reply = self.connection.getresponse()
        text = reply.read()
        return reply.status, json.loads(text) if text[:1] == b"{" else {}


def email():
    return f"neighbour-{os.getpid()}-{next(NUMBERS)}@example.com"


class Organization:
    def __init__(self):
        self.email = email()
        status, made = Client().ask("POST", "/signup", {
            "email": self.email, "password": PASSWORD, "organization_name": f"Org {self.email}"})
        assert status == 201, made
        self.token, self.id = made["access_token"], made["organization"]["id"]
        self.client = Client(self.token)

    def member(self):
        status, made = self.client.ask("POST", "/api/v1/users", {
            "email": email(), "first_name": "N", "last_name": "N", "role": "member"})
        assert status == 201, made
        return made["id"]

    # A document whose file is another than was announced: it is read each time that somebody says it is there.
    def unfinished(self, size):
        status, project = self.client.ask("POST", "/api/v1/projects", {"name": "P"})
        assert status == 201, project
        status, made = self.client.ask("POST", "/api/v1/projects/documents/upload", {
            "project_id": project["id"], "name": "f", "content_type": "text/plain", "size": size,
            "sha256": hashlib.sha256(b"other").hexdigest()})
        assert status == 201, made
        url = urlsplit(made["upload_url"])
        status, _ = Client().ask("PUT", url.path + "?" + url.query, raw=b"x" * size)
        assert status == 204, status
        return f"/api/v1/projects/documents/{made['document_id']}/upload-complete"


def attack(requests, seconds, answers):
    """Each of (token, method, path, body) over a connection of its own, as fast as it is answered."""
    counts, end = collections.Counter(), time.monotonic() + seconds

    def one(token, method, path, body):
        client = Client(token)
        while time.monotonic() < end:
            try:
                status, _ = client.ask(method, path, body)
            except (OSError, http.client.HTTPException):
                status, client = 0, Client(token)
            counts[status] += 1

    threads = [threading.Thread(target=one, args=request) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(dict(counts))


def measure(client, method, path, body, expected):
    taken, refused, end = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        begun = time.perf_counter()
        status, _ = client.ask(method, path, body)
        taken.append((time.perf_counter() - begun) * 1000)
        refused += status != expected
    return sorted(taken), refused


def main():
    crowd, stranger = Organization(), Organization()
    member = crowd.member()
    unknown = ["01900000-0000-7000-8000-%012x" % i for i in range(500)]
    bulk = "/api/v1/users/bulk/action"
    transfer = f"/api/v1/organizations/{crowd.id}/transfer-ownership"
    reads = [(org, org.unfinished(64 << 20)) for org in (Organization() for _ in range(4))]
    asks = {
        "/users/me": (stranger.client, "GET", "/users/me", None, 200),
        "sign-in": (Client(), "POST", "/signin", {"email": stranger.email, "password": PASSWORD}, 200),
        "upload-complete": (stranger.client, "POST", stranger.unfinished(5), None, 422),
    }
    bodies = [{"action": "deactivate", "user_ids": unknown},
              {"action": "deactivate", "user_ids": [member] + unknown[1:]},
              {"action": "activate", "user_ids": [member] + unknown[1:]}]
    heavy = [(crowd.token, "POST", bulk, bodies[1 + i % 2]) for i in range(6)]
    heir = [(crowd.token, "POST", transfer, {"user_id": crowd.id, "password": PASSWORD})] * 4
    attacks = {
        "quiet": ([], list(asks)),
        "24 × bulk, unknown": ([(crowd.token, "POST", bulk, bodies[0])] * 24, list(asks)),
        "6 × bulk, 4 × transfer": (heavy + heir, ["/users/me", "sign-in"]),
        "16 × read files of 4": ([(org.token, "POST", path, None) for org, path in reads] * 4, ["upload-complete"]),
    }
    quiet, failed = {}, False
    print(f"{'while':24} {'a stranger asks':16} {'n':>6} {'p50':>8} {'p99':>8} {'ratio':>6} {'refused':>7}  the others were answered")
    for name, (requests, kinds) in attacks.items():
        for kind in kinds:
            answers = multiprocessing.Queue()
            others = multiprocessing.Process(target=attack, args=(requests, SECONDS + 2, answers))
            others.start()
            time.sleep(1 if requests else 0)
            taken, refused = measure(*asks[kind])
            said = answers.get()
            others.join()
            p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
            quiet.setdefault(kind, p99)
            failed |= refused > 0
            print(f"{name:24} {kind:16} {len(taken):6} {statistics.median(taken):8.2f} {p99:8.2f} {p99 / quiet[kind]:6.2f} {refused:7}  "
                  + " ".join(f"{status}×{count}" for status, count in sorted(said.items())), flush=True)
    sys.exit(1 if failed else 0)


main()
