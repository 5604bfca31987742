#!/usr/bin/python3
"""An S3-compatible store on a free loopback port that takes only addresses signed in their query (Signature Version 4).

s3_stub.py DIR: writes its port to DIR/port once it listens, keeps objects of the bucket "papers" as DIR/objects/KEY, with
"_" for each "/" of the key, and ends when its standard input does. Whatever DIR/script says, if it is there, is the
status of every answer.

The signature is computed anew from the request as it came, with the key AKIDEXAMPLE / s3cr3t/key in eu-central-1. A body
must have the length and the SHA-256 that were signed.
"""

import datetime
import hashlib
import hmac
import http.server
import os
import sys
import threading
import urllib.parse


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def why_refused(method, target, headers, body):
    """None if the request is signed, in its time, and its body is the one that was signed."""
    path, _, query = target.partition("?")
    values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    given = values.pop("X-Amz-Signature", "")
    if values.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256":
        return "not signed"
    key_id, date, region, service, end = values["X-Amz-Credential"].split("/")
    if (key_id, region, service, end) != ("AKIDEXAMPLE", "eu-central-1", "s3", "aws4_request"):
        return "another key"
    begun = datetime.datetime.strptime(values["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    age = (datetime.datetime.now(datetime.timezone.utc) - begun).total_seconds()
    if not -60 <= age <= int(values["X-Amz-Expires"]):
        return "not its time"
    names = values["X-Amz-SignedHeaders"].split(";")
    if names != sorted(names) or "host" not in names or any(headers.get(name) is None for name in names):
        return "a signed header was not sent"
    payload = values.get("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
    request = "\n".join(
        [method, quote(urllib.parse.unquote(path)).replace("%2F", "/")]
        + ["&".join(sorted(f"{quote(name)}={quote(value)}" for name, value in values.items()))]
        + [f"{name}:{' '.join(headers[name].split())}" for name in names]
        + ["", ";".join(names), payload]
    )
    scope = f"{date}/{region}/{service}/{end}"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", values["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()]
    )
    key = b"AWS4s3cr3t/key"
    for part in (date, region, service, end):
        key = sign(key, part)
    if not hmac.compare_digest(sign(key, text).hex(), given):
        return "another signature"
    if payload != "UNSIGNED-PAYLOAD" and hashlib.sha256(body).hexdigest() != payload:
        return "another body"
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        # As a bucket whose CORS rules admit the pages of every origin.
        if self.headers.get("Origin"):
            self.send_header("Access-Control-Allow-Origin", "*")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        folder = self.server.folder
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if os.path.exists(os.path.join(folder, "script")):
            with open(os.path.join(folder, "script"), encoding="ascii") as file:
                return self.reply(int(file.read()))
        why = why_refused(self.command, self.path, self.headers, body)
        if why:
            return self.reply(403, why.encode())
        path, _, query = self.path.partition("?")
        values = dict(urllib.parse.parse_qsl(query))
        bucket, _, key = path.lstrip("/").partition("/")
        key = key.replace("/", "_")
        if bucket != "papers" or not key.translate({ord(c): None for c in "_-."}).isalnum():
            return self.reply(404)
        file = os.path.join(folder, "objects", key)
        if self.command == "PUT":
            if os.path.exists(file) and self.headers.get("If-None-Match") == "*":
                return self.reply(412)
            with open(file, "wb") as out:
                out.write(body)
            return self.reply(200)
        if not os.path.exists(file):
            return self.reply(404)
        if self.command == "DELETE":
            os.unlink(file)
            return self.reply(204)
        with open(file, "rb") as stored:
            data = stored.read()
        named = [(name, values[f"response-{name}"]) for name in ("content-disposition", "content-type", "cache-control")
                 if f"response-{name}" in values]
        return self.reply(200, data, named)

    def do_OPTIONS(self):
        self.reply(204, headers=[("Access-Control-Allow-Methods", "GET, PUT"), ("Access-Control-Allow-Headers", "*")])

    do_DELETE = do_GET = do_HEAD = do_PUT = answer


def main():
    folder = sys.argv[1]
    os.mkdir(os.path.join(folder, "objects"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder = folder
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(os.path.join(folder, "port.new"), "w", encoding="ascii") as out:
        out.write(str(server.server_address[1]))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
