#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold UDP packets in a socket's receive queue until told to take them, or for ever in turns.

usage: hold.py ADDRESS PORT [BYTES]

Says "ready" once the socket is there, and ends with its standard input.

Without BYTES: for each line "drain" on standard input it reads whatever the queue holds and says
"drained PACKETS BAD": BAD counts packets that do not carry pktgen's mark.

With BYTES: when the queue holds that much memory, all of it is given back at once, by closing the
socket behind a new one. With 0 nothing is held: what comes finds no room, and is dropped.

While the pages of the packets are in the queue they are out of the driver's page pool, and so many
come back at once that its ring overflows: so the pool has to go to the page allocator.
"""
import select
import socket
import struct
import sys

SO_RCVBUFFORCE = 33
SO_MEMINFO = 55
PKTGEN_MAGIC = 0xBE9BE955
RECEIVE_BUFFER = 1 << 29
LOOK_MS = 2


def listen(address, port, room):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, room)
    sock.bind((address, port))
    return sock


def drain(sock):
    """Read all packets; return how many there were and how many were not as pktgen sent them."""
    packets = bad = 0
    seen = set()
    while True:
        try:
            data = sock.recv(16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return packets, bad
        packets += 1
        if len(data) < 16 or struct.unpack("!I", data[:4])[0] != PKTGEN_MAGIC or data[4:] in seen:
            bad += 1
        seen.add(data[4:])


def drain_when_told(sock):
    for line in sys.stdin:
        if line.strip() == "drain":
            print("drained %d %d" % drain(sock), flush=True)


def held(sock):
    """Memory of what is in the queue: the first word of what the kernel tells."""
    return struct.unpack("=I", sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4))[0]


def take_turns(sock, most):
    end = select.poll()
    end.register(sys.stdin)
    while not end.poll(LOOK_MS if most else None):
        if held(sock) >= most:
            full, sock = sock, listen(*sock.getsockname(), RECEIVE_BUFFER)
            full.close()


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    most = int(sys.argv[3]) if len(sys.argv) == 4 else None
    sock = listen(sys.argv[1], int(sys.argv[2]), 1 if most == 0 else RECEIVE_BUFFER)
    print("ready", flush=True)
    if most is None:
        drain_when_told(sock)
    else:
        take_turns(sock, most)


if __name__ == "__main__":
    main()
