#!/usr/bin/env python3
"""A proxy in front of a MariaDB or MySQL server, on a port of its own that DIR/port names.

    mixing_proxy.py DIR PORT USER PASSWORD HOW

HOW is "through": each client has one connection of the server's to itself. Or "mix": each has two, and every
transaction takes the next one, as pooling by transaction does. Or "late": the same, once DIR/mix is there.
Clients sign in as USER, by mysql_native_password, in plaintext.
"""
import hashlib
import os
import socket
import sys
import threading

DIR, PORT, USER, PASSWORD, HOW = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
SSL, DEPRECATE_EOF, COMPRESS = 1 << 11, 1 << 24, 1 << 5
IN_TRANSACTION, MORE_RESULTS = 1, 8
COM_QUIT, COM_PREPARE, COM_CLOSE, COM_LONG_DATA = 1, 22, 25, 24


class Wire:
    """Packets of one end."""

    def __init__(self, sock):
        self.sock = sock
        self.rest = b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exactly(self, count):
        while len(self.rest) < count:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def read(self):
        head = self.exactly(4)
        return head[3], self.exactly(int.from_bytes(head[:3], "little"))

    def write(self, number, payload):
        self.sock.sendall(len(payload).to_bytes(3, "little") + bytes([number]) + payload)


def skip_length(payload, at):
    return at + {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(payload[at], 1)


def status_of_ok(payload):
    at = skip_length(payload, skip_length(payload, 1))
    return int.from_bytes(payload[at:at + 2], "little")


def without(greeting, bits):
    """The server's greeting without these capabilities."""
    packet = bytearray(greeting)
    at = packet.index(0, 1) + 1 + 4 + 8 + 1
    packet[at + 14:at + 18] = bytes(4)  # MariaDB's own
    for index, shift in ((at, 0), (at + 5, 16)):
        kept = int.from_bytes(packet[index:index + 2], "little") & ~(bits >> shift)
        packet[index:index + 2] = (kept & 0xFFFF).to_bytes(2, "little")
    return bytes(packet)


def salt_of(greeting):
    at = greeting.index(0, 1) + 1 + 4
    return greeting[at:at + 8] + greeting[at + 8 + 1 + 18:][:12]


def scramble(salt):
    if not PASSWORD:
        return b""
    once = hashlib.sha1(PASSWORD.encode()).digest()
    mask = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


def sign_in_like(reply, salt):
    """The client's own reply to a greeting, for another greeting's salt."""
    at = reply.index(0, 32) + 1
    return reply[:at] + bytes([len(scramble(salt))]) + scramble(salt) + reply[at + 1 + reply[at]:]


class Session:
    def __init__(self, client):
        self.client = Wire(client)
        self.servers = []
        self.turn = 0
        self.open = False

    def connect(self):
        wire = Wire(socket.create_connection(("127.0.0.1", PORT)))
        self.servers.append(wire)
        return wire.read()[1]

    def sign_in(self):
        greeting = self.connect()
        self.client.write(0, without(greeting, SSL | DEPRECATE_EOF | COMPRESS))
        number, reply = self.client.read()
        self.servers[0].write(number, reply)
        if HOW != "through":
            salt = salt_of(self.connect())
            self.servers[1].write(number, sign_in_like(reply, salt))
            if self.servers[1].read()[1][0] != 0:
                raise EOFError
        number, verdict = self.servers[0].read()
        self.client.write(number, verdict)
        return verdict[0] == 0

    def relay(self, server, number, packet, heard):
        if heard:
            self.client.write(number, packet)

    def reply(self, server, command, heard=True):
        """Passes one whole reply on, and notes whether a transaction is open."""
        while True:
            number, first = server.read()
            self.relay(server, number, first, heard)
            if first[0] == 0xFF:
                return
            if command == COM_PREPARE:
                columns = int.from_bytes(first[5:7], "little")
                parameters = int.from_bytes(first[7:9], "little")
                for count in (parameters, columns):
                    for _ in range(count + 1 if count else 0):
                        self.relay(server, *server.read(), heard)
                return
            status = status_of_ok(first) if first[0] == 0 else self.rows(server, heard)
            self.open = status is not None and bool(status & IN_TRANSACTION)
            if status is None or not status & MORE_RESULTS:
                return

    def rows(self, server, heard):
        ends = 0
        while True:
            number, packet = server.read()
            self.relay(server, number, packet, heard)
            if packet[0] == 0xFF:
                return None
            if packet[0] == 0xFE and len(packet) < 9:
                ends += 1
                status = int.from_bytes(packet[3:5], "little")
                if ends == 2:
                    return status

    def mixes(self):
        return HOW == "mix" or (HOW == "late" and os.path.exists(DIR + "/mix"))

    def serve(self):
        if not self.sign_in():
            return
        while True:
            number, packet = self.client.read()
            command = packet[0]
            # Statements are known to both by the same number.
            everywhere = command in (COM_PREPARE, COM_CLOSE, COM_QUIT)
            for server in self.servers if everywhere else [self.servers[self.turn]]:
                server.write(number, packet)
            if command == COM_QUIT:
                return
            if command in (COM_CLOSE, COM_LONG_DATA):
                continue
            if everywhere:
                for server in self.servers:
                    self.reply(server, command, server is self.servers[0])
                continue
            self.reply(self.servers[self.turn], command)
            if not self.open and self.mixes():
                self.turn = (self.turn + 1) % len(self.servers)

    def run(self):
        try:
            self.serve()
        except (EOFError, OSError):
            pass
        for wire in [self.client, *self.servers]:
            wire.sock.close()


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    with open(DIR + "/port.new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(DIR + "/port.new", DIR + "/port")
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=Session(client).run, daemon=True).start()


main()
