#!/usr/bin/python3
"""Amazon SES, Resend or a folder of files over HTTP on a free loopback port, that answers or misbehaves as told.

provider_stub.py DIR {ses,resend,files} [options]: writes its port to DIR/port once it listens, each request to
DIR/request-N.json, and ends when its standard input does, so that it never outlives its test. What it says follows
DIR/script, read anew for each request: words separated by blanks, one a request, the last for all that follow.

  200            the provider's good answer
  429, 500, ...  that status; 400:MessageRejected gives the error's type too
  hang           takes the request and never answers
  close          takes the request and closes
  cut            closes in the middle of a good answer

SES's requests must be signed (Signature Version 4) with the key AKIDEXAMPLE / s3cr3t/key in eu-central-1; Resend's must
carry the key re_test. With --tls it speaks TLS by DIR/cert.pem and DIR/key.pem. files: GET answers with DIR/www/PATH.
"""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading

lock = threading.Lock()
counts = {"requests": 0, "connections": 0}
known = {}  # Idempotency-Key: id


def put(folder, name, data):
    """Writes a file that appears whole."""
    temporary = os.path.join(folder, "." + name)
    with open(temporary, "wb") as file:
        file.write(data)
    os.rename(temporary, os.path.join(folder, name))


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def is_signed(method, path, headers, body, service):
    """True if the Authorization is the one that AWS computes for this request."""
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return False
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, date, region, name, end = parts["Credential"].split("/")
    if (key_id, region, name, end) != ("AKIDEXAMPLE", "eu-central-1", service, "aws4_request"):
        return False
    names = parts["SignedHeaders"].split(";")
    # A header that was signed and not sent would have AWS refuse the request.
    if names != sorted(names) or any(headers.get(each) is None for each in names):
        return False
    if not {"host", "x-amz-date"} <= set(names):
        return False
    canonical = "".join(f"{each}:{' '.join(headers[each].split())}\n" for each in names)
    payload = hashlib.sha256(body).hexdigest()
    target, _, query = path.partition("?")
    request = "\n".join([method, target, query, canonical, parts["SignedHeaders"], payload])
    time = headers["x-amz-date"]
    if not time.startswith(date):
        return False
    scope = f"{date}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = sign(sign(sign(sign(b"AWS4s3cr3t/key", date), region), service), "aws4_request")
    return hmac.compare_digest(sign(key, text).hex(), parts["Signature"])


def next_word(folder, number):
    """What the script says about this request; `number` counts from the script's first word."""
    try:
        with open(os.path.join(folder, "script"), encoding="ascii") as file:
            words = file.read().split()
    except FileNotFoundError:
        words = []
    return (words or ["200"])[min(number, max(len(words) - 1, 0))]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        with lock:
            counts["connections"] += 1
            self.connection_number = counts["connections"]
        super().setup()

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=(), cut=False):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + (100 if cut else 0)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
        if cut:
            self.close_connection = True

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            number = counts["requests"]
            counts["requests"] += 1
        options = self.server.options
        good = True
        if options.kind == "ses":
            good = is_signed(self.command, self.path, self.headers, body, "ses")
        elif options.kind == "resend":
            good = self.headers.get("Authorization") == "Bearer re_test"
        word = next_word(options.dir, number)
        facts = {
            "method": self.command,
            "path": self.path,
            "headers": dict(self.headers.items()),
            "body": body.decode("utf-8", "replace"),
            "connection": self.connection_number,
            "good": good,
        }
        if options.kind == "ses" and body:
            facts["message"] = base64.b64decode(json.loads(body)["Content"]["Raw"]["Data"]).decode()
        if not options.quiet:
            put(options.dir, f"request-{number}.json", json.dumps(facts).encode())
        return number, good, word

    def answer(self):
        number, good, word = self.take()
        kind = self.server.options.kind
        status, _, error = word.partition(":")
        if word == "hang":
            threading.Event().wait()
        if word == "close":
            self.close_connection = True
        elif not good:
            self.reply(403, {"message": "The signature does not match"}, [("x-amzn-ErrorType", "SignatureDoesNotMatch")])
        elif word in ("200", "cut"):
            name = {"ses": "MessageId", "resend": "id"}.get(kind, "id")
            key = self.headers.get("Idempotency-Key")
            made = known.setdefault(key, f"{kind}-{number}") if key else f"{kind}-{number}"
            self.reply(200, {name: made}, cut=word == "cut")
        else:
            body = {"name": error, "message": "Not now"} if kind == "resend" else {"message": "Not now"}
            headers = [("x-amzn-ErrorType", error)] if error and kind == "ses" else []
            if status.startswith("3"):
                headers.append(("Location", "/elsewhere"))
            self.reply(int(status), body, headers)

    do_POST = answer

    def do_GET(self):
        if self.server.options.kind != "files":
            return self.answer()
        _, _, word = self.take()
        if word != "200":
            headers = [("Location", "/other.pem")] if word.startswith("3") else []
            return self.reply(int(word), b"", headers)
        path = os.path.join(self.server.options.dir, "www", os.path.basename(self.path.partition("?")[0]))
        if not os.path.isfile(path):
            return self.reply(200 if "?" in self.path else 404, b"")
        with open(path, "rb") as file:
            return self.reply(200, file.read())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("kind", choices=["ses", "resend", "files"])
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="keep no requests")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.options = options
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(options.dir, "cert.pem"), os.path.join(options.dir, "key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    put(options.dir, "port", str(server.server_address[1]).encode())
    sys.stdin.buffer.read()
    os._exit(0)  # a hanging request must not keep it


if __name__ == "__main__":
    main()
