#!/usr/bin/env python3
"""Asks a service that has grown (scale.sql) for what people ask for: p50 and p99 of each request, in milliseconds.

  scale.py URL SECONDS EMAIL PASSWORD   who is the super-admin; the others are scale.sql's

Eight connections ask for one thing at a time. No request of a person should take over 100 ms at p99.
Exit status: 0 all was answered, 1 something was refused.
"""

import http.client
import json
import statistics
import sys
import threading
import time
from urllib.parse import urlsplit

CONNECTIONS = 8
AIM_MS = 100
PASSWORD = "correct horse battery"
MONTH = 30 * 86400


def connect(url):
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)


def token(url, email, password):
    connection = connect(url)
    connection.request("POST", "/signin", json.dumps({"email": email, "password": password}),
                       {"Content-Type": "application/json"})
    reply = connection.getresponse()
    said = reply.read()
    if reply.status != 200:
        sys.exit(f"scale: {email} cannot sign in: {reply.status} {said.decode()}")
    return json.loads(said)["access_token"]


def requests(now):
    span = f"from_time={now - 14 * MONTH}&to_time={now - 3 * MONTH}"
    large = ["/users/me", "/organization/list_users?limit=20", "/organization/list_users?limit=20&include_total=true",
             "/organization/list_users?limit=20&role=viewer", "/organization/list_users?limit=20&status=inactive",
             "/api/v1/users?limit=20&q=fritz", "/api/v1/users?limit=20&q=fritz&include_total=true", "/api/v1/users/stats",
             "/role_wise_users", "/api/v1/audit-logs?limit=20", "/api/v1/audit-logs?limit=20&include_total=true",
             "/api/v1/audit-logs?limit=20&include_total=true&action=product.updated", "/api/v1/events?limit=20",
             "/api/v1/invites?limit=20", "/api/v1/api-keys?limit=20", "/api/v1/roles"]
    ten = ["/users/list_orgs", "/stats/organization-users", f"/stats/organization-users?{span}", "/stats/organization-role-users",
           f"/stats/organization-role-users?{span}"]
    admin = ["/api/v1/tenants?limit=20", "/api/v1/tenants?limit=20&include_total=true", "/api/v1/tenants/stats",
             "/api/v1/admin/dashboard", "/api/v1/admin/analytics/growth", "/api/v1/admin/audit/logs?limit=20",
             "/api/v1/admin/audit/logs?limit=20&include_total=true", "/api/v1/admin/maintenance/status",
             f"/stats/organization-role-users?{span}&limit=100"]
    return [("large", path) for path in large] + [("ten", path) for path in ten] + [("super-admin", path) for path in admin]


def ask(url, bearer, path, seconds):
    """The times of all requests in milliseconds, and the first refusal."""
    times, refused, until = [], [], time.monotonic() + seconds

    def one():
        connection = connect(url)
        while time.monotonic() < until:
            begun = time.monotonic()
            connection.request("GET", path, headers={"Authorization": f"Bearer {bearer}"})
            reply = connection.getresponse()
            said = reply.read()
            times.append((time.monotonic() - begun) * 1000)
            if reply.status != 200:
                refused.append(f"{reply.status} {said[:200].decode(errors='replace')}")
                return

    threads = [threading.Thread(target=one) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, refused


def main(arguments):
    if len(arguments) != 4:
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 64
    url, seconds, email, password = arguments
    bearers = {"large": token(url, "large@example.com", PASSWORD), "ten": token(url, "ten@example.com", PASSWORD),
               "super-admin": token(url, email, password)}
    status = 0
    print(f"{'who':12} {'request':82} {'p50 ms':>9} {'p99 ms':>9} {'asked':>7}")
    for who, path in requests(int(time.time())):
        times, refused = ask(url, bearers[who], path, float(seconds))
        p50, p99 = statistics.median(times), sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]
        verdict = refused[0] if refused else "" if p99 <= AIM_MS else f"over {AIM_MS} ms"
        print(f"{who:12} {path:82} {p50:9.1f} {p99:9.1f} {len(times):7} {verdict}", flush=True)
        status = 1 if refused else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
