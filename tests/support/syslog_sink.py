#!/usr/bin/python3
"""A syslog server over TLS (RFC 5425) on a free loopback port.

syslog_sink.py DIR CERTIFICATE KEY: writes its port to DIR/port once it listens, appends each message as a line of JSON to
DIR/messages, and ends when its standard input does. Whatever DIR/script says, if it is there, is what becomes of a
connection: "hang" reads nothing, "cut" reads one message and breaks the connection off.
"""

import json
import os
import socket
import ssl
import struct
import sys
import threading


def frames(stream):
    """Octet counting: "LENGTH MESSAGE" without anything between."""
    while True:
        length = b""
        while not length.endswith(b" "):
            byte = stream.read(1)
            if not byte:
                return
            length += byte
        message = stream.read(int(length))
        yield message.decode("utf-8")


def serve(connection, context, folder, lock):
    script = ""
    if os.path.exists(os.path.join(folder, "script")):
        with open(os.path.join(folder, "script"), encoding="ascii") as file:
            script = file.read().strip()
    if script == "hang":
        threading.Event().wait()
    try:
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as tls:
            for message in frames(tls.makefile("rb")):
                with lock, open(os.path.join(folder, "messages"), "a", encoding="utf-8") as out:
                    out.write(json.dumps(message) + "\n")
                if script == "cut":
                    # Without an orderly end: what was sent behind it is lost.
                    tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    tls.close()
                    return
    except (ssl.SSLError, OSError, ValueError):
        pass


def main():
    folder, certificate, key = sys.argv[1:4]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    lock = threading.Lock()

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, context, folder, lock), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with open(os.path.join(folder, "port.new"), "w", encoding="ascii") as out:
        out.write(str(listener.getsockname()[1]))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
