#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Call nfsd's NULL procedure again and again.

usage: ping_nfsd.py HOST SECONDS

One call at a time, over one connection, which is made anew when it ends. Prints "CALLS LONGEST": how
many were answered, and the milliseconds that the slowest answer took; a call that is not answered at the
end counts with the time that it has waited. Says "answered" on standard error at the first answer.
"""
import socket
import struct
import sys
import time

CALL = struct.pack(">IIIIII", 1, 0, 2, 100003, 3, 0) + struct.pack(">IIII", 0, 0, 0, 0)
RECORD = struct.pack(">I", 0x80000000 | len(CALL)) + CALL


def ping(sock):
    sock.sendall(RECORD)
    got = b""
    while len(got) < 4 or len(got) < 4 + (struct.unpack(">I", got[:4])[0] & 0x7fffffff):
        part = sock.recv(4096)
        if not part:
            raise ConnectionError("the server closed the connection")
        got += part


def main():
    host, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
    calls, longest, sock = 0, 0, None
    begin = time.monotonic()
    while time.monotonic() < end:
        try:
            if sock is None:
                sock = socket.create_connection((host, 2049), timeout=1)
            sock.settimeout(max(end - time.monotonic(), 0.1))
            ping(sock)
            if not calls:
                print("answered", file=sys.stderr, flush=True)
            calls += 1
            longest = max(longest, time.monotonic() - begin)
            begin = time.monotonic()
            time.sleep(0.01)
        except OSError:
            sock = None
            time.sleep(0.1)
    if time.monotonic() - begin > 1:
        longest = max(longest, time.monotonic() - begin)
    print(calls, round(longest * 1000))


if __name__ == "__main__":
    main()
