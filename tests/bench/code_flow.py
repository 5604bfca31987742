#!/usr/bin/env python3
"""code_flow.py URL CLIENT SECRET ACCOUNTS FLOWS: whole sign-ins by OAuth, one after the other, FLOWS for each of ACCOUNTS
accounts: the client's request, the person's word and the exchange of the code. The accounts sign in first; when they have,
it prints "ready" and waits for a line. Then it prints how many flows there were and their time in microseconds."""
import base64
import hashlib
import http.client
import json
import sys
import time
import urllib.parse

url, client, secret, accounts, flows = sys.argv[1:]
origin = urllib.parse.urlsplit(url)
connection = http.client.HTTPConnection(origin.hostname, origin.port, timeout=30)
verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
callback = "https://client.example.com/callback"
asks = "/oauth2/authorize?" + urllib.parse.urlencode({
    "response_type": "code", "client_id": client, "redirect_uri": callback, "scope": "openid email", "state": "s",
    "code_challenge": challenge, "code_challenge_method": "S256"})
as_client = {"Authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode(),
             "Content-Type": "application/x-www-form-urlencoded"}


def send(method, path, expected, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != expected:
        sys.exit(f"{method} {path}: {reply.status} {text[:300]!r}")
    return reply, text


def post(path, values, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    return json.loads(send("POST", path, 200, json.dumps(values), headers)[1])


def flow(token):
    request = send("GET", asks, 303)[0].getheader("Location").split("#token=")[1]
    back = post("/api/v1/oauth/decisions", {"request": request}, token)["redirect_to"]
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    send("POST", "/oauth2/token", 200, urllib.parse.urlencode({
        "grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}), as_client)


tokens = [post("/signin", {"email": f"reader{i}@example.com", "password": "correct horse battery"})["access_token"]
          for i in range(1, int(accounts) + 1)]
flow(tokens[0])  # statements are prepared
print("ready", flush=True)
sys.stdin.readline()
begun = time.monotonic()
for each in tokens:
    for _ in range(int(flows)):
        flow(each)
print(len(tokens) * int(flows), round((time.monotonic() - begun) * 1e6))
