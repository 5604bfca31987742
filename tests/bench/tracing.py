#!/usr/bin/env python3
"""What watching costs: CPU of a request with traces off, with traces on, and of another build.

tracing.py [--before BUILD --before-top DIR] [--rounds N] [--seconds N] [--ratio R]

Instances of their own stand beside each other and are asked in turn, N rounds of N seconds each, so that whatever else
the machine does meets all of them. CPU is that of tenantd's processes, the one that sends traces among them, and of
nginx, from /proc. Printed are the median over the rounds of a round's ratio, its quartiles, and the ratio of the
cheapest tenth of the rounds, which others of a busy machine disturb least. BUILD: a folder with the programs of an
older commit, DIR its sources. $BUILD: those that are measured (build).
"""
import argparse
import http.server
import json
import os
import re
import statistics
import subprocess
import tempfile
import threading
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Sink(http.server.BaseHTTPRequestHandler):
    """A collector that takes everything."""

    spans = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Sink.spans += body.count(b'"spanId"')
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


class Instance:
    def __init__(self, name, top, build, settings):
        self.name, self.top = name, top
        self.dir = tempfile.mkdtemp(prefix="tenantd-tracing.")
        self.environment = dict(os.environ, RUN_DIR=self.dir + "/run", PORT="0", BUILD=build, SWEEP_EVERY="0",
                                REPORT_EVERY="0", LIMIT_READ="0", LIMIT_WRITE="0", LIMIT_ACCOUNT="0", LIMIT_PASSWORD="0",
                                ACCESS_TOKEN_SECONDS="86400", **settings)
        self.stack("start")
        self.url = "http://127.0.0.1:" + open(self.dir + "/run/port", encoding="ascii").read().strip()
        body = {"email": "ann@example.com", "password": "plum orbit canyon 42", "organization_name": "Acme"}
        request = urllib.request.Request(self.url + "/signup", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            self.token = json.load(reply)["access_token"]

    def stack(self, command):
        subprocess.run([self.top + "/src/build/stack.sh", command], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def cpu(self):
        """Seconds of the threads of tenantd's and nginx's processes, to the nanosecond."""
        parents = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                text = open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace").read()
            except OSError:
                continue
            parents[pid] = text[text.rindex(")") + 2:].split()[1]
        spent = 0
        for part in ("tenantd", "nginx"):
            root = open(f"{self.dir}/run/pid/{part}", encoding="ascii").read().split()[0]
            for pid in parents:
                at = pid
                while at in parents and at != root:
                    at = parents[at]
                if at == root:
                    spent += sum(int(open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii").read().split()[0])
                                 for task in os.listdir(f"/proc/{pid}/task"))
        return spent / 1e9

    def ask(self, path, seconds):
        """CPU seconds of a request."""
        before = self.cpu()
        said = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", "-H", "Authorization: Bearer " + self.token, self.url + path],
                              check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in said:
            raise SystemExit(said)
        return (self.cpu() - before) / int(re.search(r"(\d+) requests in", said).group(1))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--before")
    options.add_argument("--before-top", default=TOP)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--ratio", default="0.01")
    chosen = options.parse_args()
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    build = os.environ.get("BUILD", TOP + "/build")
    on = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.server_port}", "OTEL_TRACES_SAMPLER_ARG": chosen.ratio}
    instances = []
    try:
        if chosen.before:
            instances.append(Instance("before", chosen.before_top, chosen.before, {}))
        instances += [Instance("off", TOP, build, {}), Instance("on", TOP, build, on)]
        for path in ("/users/me", "/organization/list_users"):
            for instance in instances:
                instance.ask(path, 1)
            rounds = []
            for turn in range(chosen.rounds):
                order = instances if turn % 2 else instances[::-1]
                rounds.append({each.name: each.ask(path, chosen.seconds) for each in order})
            for name, other in (("off", "before"), ("on", "off")):
                if other not in rounds[0]:
                    continue
                ratios = [each[name] / each[other] for each in rounds]
                low, middle, high = statistics.quantiles(ratios, n=4)
                cheap = [statistics.quantiles([each[which] for each in rounds], n=10)[0] for which in (name, other)]
                print(f"{path:26} {name:4} / {other:7} {middle:.3f} ({low:.3f} to {high:.3f}); cheapest tenth "
                      f"{cheap[0] / cheap[1]:.3f}, {cheap[0] * 1e6:.0f} us of CPU a request", flush=True)
        print(f"{Sink.spans} spans came")
    finally:
        for instance in instances:
            instance.stack("stop")
            subprocess.run(["rm", "-rf", instance.dir], check=False)


if __name__ == "__main__":
    main()
