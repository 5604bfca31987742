#!/usr/bin/python3
"""A real SMTP server on a free loopback port that keeps what it gets, or misbehaves as told.

smtp_sink.py DIR [options]: writes its port to DIR/port once it listens, each accepted mail to DIR/mail-N.eml with the
envelope and the session in DIR/mail-N.json, and ends when its standard input does, so that it never outlives its test.
The certificate (--starttls, --smtps) is made by tests: DIR/cert.pem with DIR/key.pem.
"""

import argparse
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def put(folder, name, data):
    """Writes a file that appears whole."""
    temporary = os.path.join(folder, "." + name)
    with open(temporary, "wb") as file:
        file.write(data)
    os.rename(temporary, os.path.join(folder, name))


class Handler:
    """Answers MAIL, RCPT and DATA as the options say."""

    def __init__(self, options):
        self.options = options
        self.refusals = options.first
        self.mails = 0
        self.connections = set()

    def fault(self, stage):
        """Returns the reply that refuses `stage`, while there are refusals left."""
        if self.options.reply is None or self.options.at != stage or self.refusals <= 0:
            return None
        self.refusals -= 1
        return self.options.reply

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if self.options.pipelining:
            responses.insert(-1, "250-PIPELINING")
        return responses

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        refusal = self.fault("rcpt")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.connections.add(session.peer)
        if self.options.hang:
            await asyncio.sleep(3600)
        if self.options.die:
            server.transport.abort()
            return "421 gone"
        refusal = self.fault("data")
        if refusal:
            return refusal
        facts = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "tls": session.ssl is not None or self.options.smtps,
            "authenticated": bool(session.authenticated),
            "connections": len(self.connections),
            "flights": server.flights,
        }
        server.flights = 0
        put(self.options.dir, f"mail-{self.mails}.json", json.dumps(facts).encode())
        put(self.options.dir, f"mail-{self.mails}.eml", envelope.content)
        self.mails += 1
        if self.options.ends_after and self.mails % self.options.ends_after == 0:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return "250 2.0.0 kept"


class Server(SMTP):
    """Counts how often something came since the last mail, and may ask for the message whoever it is for."""

    flights = 0

    def data_received(self, data):
        self.flights += 1
        super().data_received(data)

    async def smtp_DATA(self, arg):
        if self.event_handler.options.always_354 and not self.envelope.rcpt_tos:
            await self.push("354 go on")
            while await self._reader.readuntil() != b".\r\n":
                pass
            await self.push("554 for nobody")
            return
        await super().smtp_DATA(arg)


def authenticate(server, session, envelope, mechanism, data):
    """Knows one account."""
    good = data.login == b"robot" and data.password == b"open sesame"
    return AuthResult(success=good, handled=False)  # not handled: the server says 535 by itself


def tls_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    return context


async def serve(options):
    handler = Handler(options)
    context = tls_context(options.dir) if options.starttls or options.smtps else None

    def make():
        return Server(
            handler,
            hostname="sink.test",
            tls_context=context if options.starttls else None,
            require_starttls=options.starttls,
            authenticator=authenticate,
            auth_required=options.auth,
            auth_require_tls=not options.smtps and options.starttls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=context if options.smtps else None)
    put(options.dir, "port", str(server.sockets[0].getsockname()[1]).encode())
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)  # a hanging session must not keep it


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--starttls", action="store_true", help="offer STARTTLS and insist on it")
    parser.add_argument("--smtps", action="store_true", help="TLS from the first byte")
    parser.add_argument("--auth", action="store_true", help="require the account robot / open sesame")
    parser.add_argument("--reply", help="the refusal, such as '451 4.3.0 later'")
    parser.add_argument("--at", choices=["rcpt", "data"], default="rcpt", help="what is refused")
    parser.add_argument("--first", type=int, default=1, help="how many are refused")
    parser.add_argument("--ends-after", type=int, help="mails, after each of which it ends the connection")
    parser.add_argument("--pipelining", action="store_true", help="offer it")
    parser.add_argument("--always-354", action="store_true", help="ask for a message that is for nobody")
    parser.add_argument("--hang", action="store_true", help="never answer the end of a message")
    parser.add_argument("--die", action="store_true", help="cut the connection instead of answering")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
