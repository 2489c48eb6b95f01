#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Talk to nfsd in RPC records that come in pieces.

usage: rpc_fragments.py SERVER EXPORT ROUNDS SEED

A record is split into RPC fragments, and the stream into TCP segments, with a pause after some of
them, so that the server finds incomplete records and has to keep their pages. Each round writes
a file in random pieces with WRITE calls of NFSv3 and reads it back, sends NULL calls with a
long tail of bytes that nobody wants, and lets clients vanish within a record. Every reply is
checked, and every byte read. Prints "CALLS VANISHED" at the end; ends with an error at the first
thing that is wrong.
"""
import random
import socket
import struct
import sys
import time

NFS, MOUNT, PORTMAP = 100003, 100005, 100000
NULL, WRITE, READ, CREATE = 0, 7, 6, 8
LAST = 0x80000000


class Wrong(Exception):
    """The server said something that is not right."""


def opaque(data):
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


class Reader:
    """Takes XDR apart."""

    def __init__(self, data):
        self.data = data
        self.pos = 0

    def word(self):
        self.pos += 4
        return struct.unpack_from(">I", self.data, self.pos - 4)[0]

    def opaque(self):
        size = self.word()
        self.pos += (size + 3) & ~3
        return self.data[self.pos - ((size + 3) & ~3):][:size]

    def skip(self, size):
        self.pos += size


class Client:
    """A connection, and how its records are split."""

    xid = 0
    calls = 0

    def __init__(self, host, port, rng, mean=0):
        self.sock = socket.create_connection((host, port), timeout=60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rng = rng
        self.mean = mean    # bytes of a piece; 0: in one piece

    def pieces(self, data, mean):
        pos = 0
        while pos < len(data):
            size = max(1, int(self.rng.expovariate(1 / mean)))
            yield data[pos:pos + size]
            pos += size

    def record(self, body):
        """The stream of a record, in fragments; an empty one in the middle is allowed."""
        if not self.mean:
            return struct.pack(">I", LAST | len(body)) + body
        parts = list(self.pieces(body, self.mean * 2))
        stream = b""
        for part in parts[:-1]:
            stream += struct.pack(">I", len(part)) + part
        return stream + struct.pack(">I", LAST | len(parts[-1])) + parts[-1]

    def send(self, stream):
        if not self.mean:
            self.sock.sendall(stream)
            return
        for piece in self.pieces(stream, self.mean):
            self.sock.sendall(piece)
            if self.rng.random() < 0.3:
                time.sleep(0.004)

    def message(self, prog, vers, proc, args):
        """A call, with AUTH_UNIX as root."""
        Client.xid += 1
        cred = struct.pack(">I", 0) + opaque(b"fragments") + struct.pack(">III", 0, 0, 0)
        return struct.pack(">IIIIII", Client.xid, 0, 2, prog, vers, proc) + \
            struct.pack(">I", 1) + opaque(cred) + struct.pack(">II", 0, 0) + args

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise Wrong("the server closed the connection")
            data += part
        return data

    def reply(self, xid):
        body = b""
        last = 0
        while not last:
            mark = struct.unpack(">I", self.receive(4))[0]
            last = mark & LAST
            body += self.receive(mark & ~LAST)
        answer = Reader(body)
        got = [answer.word() for _ in range(3)]
        if got != [xid, 1, 0]:
            raise Wrong(f"call {xid}: reply begins with {got}")
        answer.word()
        answer.opaque()
        if answer.word():
            raise Wrong(f"call {xid}: not accepted")
        return answer

    def call(self, prog, vers, proc, args=b""):
        message = self.message(prog, vers, proc, args)
        self.send(self.record(message))
        Client.calls += 1
        return self.reply(Client.xid)

    def vanish(self, prog, vers, proc, args):
        """Send a part of a call, and go, with a reset or without."""
        stream = self.record(self.message(prog, vers, proc, args))
        self.send(stream[:self.rng.randrange(1, len(stream))])
        if self.rng.random() < 0.5:
            time.sleep(0.02)
        if self.rng.random() < 0.5:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def status(answer, what):
    code = answer.word()
    if code:
        raise Wrong(f"{what}: NFS error {code}")
    return answer


def wcc(answer):
    if answer.word():
        answer.skip(24)
    attributes(answer)


def attributes(answer):
    if answer.word():
        answer.skip(84)


def mount(host, path, rng):
    portmap = Client(host, 111, rng)
    port = portmap.call(PORTMAP, 2, 3, struct.pack(">IIII", MOUNT, 3, 6, 0)).word()
    if not port:
        raise Wrong("mountd is not there")
    return status(Client(host, port, rng).call(MOUNT, 3, 1, opaque(path.encode())), "MNT").opaque()


def create(client, root, name):
    """UNCHECKED, mode 0644, the rest not set."""
    args = opaque(root) + opaque(name.encode()) + struct.pack(">IIIIIIII", 0, 1, 0o644, 0, 0, 0, 0, 0)
    answer = status(client.call(NFS, 3, CREATE, args), "CREATE")
    if not answer.word():
        raise Wrong("CREATE: no file handle")
    return answer.opaque()


def write_args(handle, offset, data):
    """UNSTABLE."""
    return opaque(handle) + struct.pack(">QII", offset, len(data), 0) + opaque(data)


def write(client, handle, offset, data):
    answer = status(client.call(NFS, 3, WRITE, write_args(handle, offset, data)), "WRITE")
    wcc(answer)
    count = answer.word()
    if count != len(data):
        raise Wrong(f"WRITE: {count} of {len(data)} bytes")


def read(client, handle, offset, size):
    answer = status(client.call(NFS, 3, READ, opaque(handle) + struct.pack(">QI", offset, size)),
                    "READ")
    attributes(answer)
    answer.word()
    answer.word()
    return answer.opaque()


def one_round(host, root, rng, number, name):
    """Returns the number of clients that vanished."""
    mean = rng.choice((60, 700, 3000, 9000, 40000))
    client = Client(host, 2049, rng, mean)
    # a record of few bytes a piece takes long
    limit = min(1 << 20, mean * 60)
    handle = create(client, root, name)
    content = rng.randbytes(rng.randrange(1, limit + 1))
    pos = 0
    while pos < len(content):
        size = rng.randrange(1, len(content) + 1)
        write(client, handle, pos, content[pos:pos + size])
        client.call(NFS, 3, NULL, b"\xa5" * (4 * rng.randrange(limit // 8)))
        # the page after the last one of an incomplete record is another client's business
        if rng.random() < 0.3:
            Client(host, 2049, rng, mean).vanish(
                NFS, 3, WRITE, write_args(root, 0, b"\x5a" * rng.randrange(1, limit + 1)))
            one_round.vanished += 1
        pos += size
    got = b""
    while len(got) < len(content):
        part = read(client, handle, len(got), 1 << 20)
        if not part:
            break
        got += part
    if got[:len(content)] != content:
        raise Wrong(f"round {number}: what was read is not what was written")
    client.sock.close()


one_round.vanished = 0


def main():
    host, path, rounds, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    root = mount(host, path, rng)
    for number in range(rounds):
        one_round(host, root, rng, number, f"fragments-{seed}-{number % 4}")
    print(Client.calls, one_round.vanished)


if __name__ == "__main__":
    main()
