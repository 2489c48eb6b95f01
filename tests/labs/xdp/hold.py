#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold UDP packets in a socket's receive queue until told to take them.

usage: hold.py ADDRESS PORT

Says "ready" once the socket is there. For each line "drain" on standard input it reads whatever the
queue holds and says "drained PACKETS BAD": BAD counts packets that do not carry pktgen's mark. It
ends with its standard input.

Until then the pages of the packets are out of the driver's page pool, and so many come back at
once that its ring overflows: so the pool has to go to the page allocator.
"""
import socket
import struct
import sys

SO_RCVBUFFORCE = 33
PKTGEN_MAGIC = 0xBE9BE955
RECEIVE_BUFFER = 1 << 29


def drain(sock):
    """Read all packets; return how many there were and how many were not pktgen's."""
    packets = bad = 0
    while True:
        try:
            data = sock.recv(16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return packets, bad
        packets += 1
        if len(data) < 16 or struct.unpack("!I", data[:4])[0] != PKTGEN_MAGIC:
            bad += 1


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    sock.bind((sys.argv[1], int(sys.argv[2])))
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "drain":
            print("drained %d %d" % drain(sock), flush=True)


if __name__ == "__main__":
    main()
