#!/usr/bin/env python3
"""An upgrade at noon: requests go on while tenantd is restarted, reloaded, its keys are rotated and its schema migrated.

  upgrade.py [--requests N] [--clients N]

Starts an instance of its own (BUILD names the binaries), with sockets that outlive tenantd, as systemd holds them. N
requests (200,000) are made by people who read, invite and renew their tokens. Meanwhile, one after another: five restarts
of tenantd, a reload, a rotation of the signing key, the migration of a later release, and another restart on its schema.
Prints what happened when, and how long the slowest request took during it; counts every reply that was not the one
expected. Exit status: 0 none, 1 some, or something else failed.
"""
import argparse
import collections
import http.client
import json
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()
STACK = TOP / "src/build/stack.sh"
PASSWORD = "plum orbit canyon 42"
LANES = ("fast", "hash", "outbound")


class Instance:
    """stack.sh's, whose tenantd gives its place to one that is given its sockets."""

    def __init__(self):
        self.work = Path(tempfile.mkdtemp(prefix="tenantd-upgrade.", dir="/tmp"))
        self.run = self.work / "run"
        limits = {f"LIMIT_{name}": "0" for name in ("ACCOUNT", "INVITE", "MAIL", "MAIL_ALERTS", "MAIL_CAUSED", "OUTBOUND", "PASSWORD", "READ", "WRITE")}
        self.environment = {**os.environ, **limits, "BUILD": str(BUILD), "RUN_DIR": str(self.run), "PORT": "0",
                            "INVITES_PER_ORGANIZATION": "0", "SWEEP_EVERY": "0", "REPORT_EVERY": "0", "LOGIN_ALERT": "never"}
        self.tenantd, self.sockets = None, []

    def stack(self, *words):
        done = subprocess.run([STACK, *words], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"stack.sh {words}: {done.stdout}{done.stderr}")

    def start(self):
        self.stack("start")
        self.address = "127.0.0.1:" + (self.run / "port").read_text().strip()
        given = subprocess.run(["bash", "-c", f"set -a; . {self.run}/environment; env -0"], capture_output=True, text=True, check=True)
        self.settings = dict(line.partition("=")[::2] for line in given.stdout.split("\0") if line)
        pid = int((self.run / "pid/tenantd").read_text().split()[0])
        os.kill(pid, signal.SIGTERM)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
        for lane in LANES:
            path = self.settings[lane.upper() + "_SOCKET"]
            Path(path).unlink(missing_ok=True)
            held = socket.socket(socket.AF_UNIX)
            held.bind(path)
            held.listen(4096)
            self.sockets.append(held)
        self.start_tenantd()

    def start_tenantd(self):
        passed = " ".join(f"{3 + at}<&{held.fileno()}" for at, held in enumerate(self.sockets))
        script = f'export LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES={":".join(LANES)}; exec "$0" {passed}'
        with open(self.work / "tenantd.log", "a") as log:
            self.tenantd = subprocess.Popen(["bash", "-c", script, BUILD / "tenantd"], env=self.settings, stdout=log, stderr=log,
                                            pass_fds=[held.fileno() for held in self.sockets])
        self.await_ready()

    def await_ready(self):
        for _ in range(1200):
            if self.tenantd.poll() is not None:
                raise RuntimeError(f"tenantd ended: see {self.work}/tenantd.log")
            try:
                with urllib.request.urlopen(f"http://{self.address}/health/ready", timeout=60):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("tenantd is not ready")

    def restart(self):
        self.tenantd.terminate()
        self.tenantd.wait()
        self.start_tenantd()

    def reload(self):
        before = self.metric("tenantd_reloads_total")
        self.tenantd.send_signal(signal.SIGHUP)
        while self.metric("tenantd_reloads_total") == before:
            time.sleep(0.05)

    def metric(self, name):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=60) as reply:
            return re.search(rf"^{name}(?:{{.*}})? (\S+)$", reply.read().decode(), re.M)[1]

    def control(self, *words, **settings):
        done = subprocess.run([BUILD / "tenantctl", *words], env={**self.settings, **settings}, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"tenantctl {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def rotate(self):
        self.control("keys", "rotate", "--now")

    # What the next release would bring: a table, and a column of one that every request reads.
    def migrate(self):
        sql = self.work / "sql"
        shutil.copytree(TOP / "sql", sql)
        newest = max(int(path.name[:4]) for path in sql.glob("[0-9]*.sql"))
        (sql / f"{newest + 1:04}_later.sql").write_text(
            f"-- Serves programs from {newest}.\n"
            "CREATE TABLE IF NOT EXISTS tenantd.later (id BIGINT NOT NULL PRIMARY KEY) ENGINE = InnoDB;\n"
            "ALTER TABLE tenantd.organization ADD later BIGINT NULL;\n"
            "ALTER TABLE tenantd.member ADD later BIGINT NULL;\n")
        said = self.control("migrate", SQL_DIR=str(sql))
        assert f"applied {newest + 1} later" in said, said

    def stop(self):
        if self.tenantd and self.tenantd.poll() is None:
            self.tenantd.terminate()
            self.tenantd.wait()
        try:
            self.stack("stop")
        finally:
            shutil.rmtree(self.work, ignore_errors=True)


class Person:
    def __init__(self, address, number):
        self.address, self.number, self.invited = address, number, 0
        self.connection = http.client.HTTPConnection(address, timeout=60)
        status, made = self.ask("POST", "/signup", {"email": f"noon-{number}@example.com", "password": PASSWORD,
                                                    "organization_name": f"Noon {number}"}, None)
        assert status == 201, made
        self.access, self.refresh = made["access_token"], made["refresh_token"]

    def ask(self, method, path, body, token):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = "Bearer " + token
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = self.connection.getresponse()
        return reply.status, json.loads(reply.read() or "{}")

    # One turn: what is asked, and what is to be answered.
    def turn(self, at):
        if at % 50 == 49:
            status, made = self.ask("POST", "/refresh_token", {"refresh_token": self.refresh}, None)
            if status == 200:
                self.access, self.refresh = made["access_token"], made["refresh_token"]
            return "renew", status, 200
        if at % 20 == 19:
            self.invited += 1
            status, _ = self.ask("POST", "/invite_member", {"email": f"guest-{self.number}-{self.invited}@example.com",
                                                            "role": "viewer"}, self.access)
            return "invite", status, 201
        path = ("/users/me", "/api/v1/members", "/users/list_orgs")[at % 3]
        return path, self.ask("GET", path, None, self.access)[0], 200


def work(address, number, count, done, slowest, replies):
    person, wrong, kinds = Person(address, number), [], collections.Counter()
    for at in range(count):
        began = time.monotonic()
        try:
            kind, status, expected = person.turn(at)
        except (OSError, http.client.HTTPException) as problem:
            kind, status, expected = "connection", repr(problem), None
            person.connection.close()
        kinds[kind] += 1
        if status != expected:
            wrong.append(f"{time.strftime('%H:%M:%S')} {kind}: {status}")
        with slowest.get_lock():
            slowest.value = max(slowest.value, time.monotonic() - began)
        with done.get_lock():
            done.value += 1
    replies.put((wrong, kinds))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--requests", type=int, default=200_000)
    options.add_argument("--clients", type=int, default=8)
    options = options.parse_args()
    instance = Instance()
    steps = [("restart", instance.restart)] * 5 + [("reload", instance.reload), ("rotation of the key", instance.rotate),
                                                   ("migration of the next release", instance.migrate),
                                                   ("restart on its schema", instance.restart)]
    done, slowest, replies = multiprocessing.Value("q", 0), multiprocessing.Value("d", 0.0), multiprocessing.Queue()
    count = -(-options.requests // options.clients)
    began = time.monotonic()
    try:
        instance.start()
        people = [multiprocessing.Process(target=work, args=(instance.address, number, count, done, slowest, replies), daemon=True)
                  for number in range(options.clients)]
        began = time.monotonic()
        for person in people:
            person.start()
        for number, (name, step) in enumerate(steps, 1):
            while done.value < options.requests * number // (len(steps) + 1):
                time.sleep(0.02)
                if not any(person.is_alive() for person in people):
                    raise RuntimeError("nobody is at work")
            slowest.value, at, step_began = 0.0, done.value, time.monotonic()
            step()
            print(f"  after {at:7} requests: {name}, {time.monotonic() - step_began:.1f} s; {done.value - at} requests meanwhile, "
                  f"the slowest {slowest.value * 1000:.0f} ms", flush=True)
        wrong, kinds = [], collections.Counter()
        for _ in people:
            failures, counted = replies.get()
            wrong += failures
            kinds += counted
    finally:
        instance.stop()
    total = sum(kinds.values())
    print(f"{total} requests in {time.monotonic() - began:.0f} s ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}): "
          f"{len(wrong)} failed")
    for line in wrong[:20]:
        print("  " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
