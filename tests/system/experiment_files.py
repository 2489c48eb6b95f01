#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold experiments in every way that a process can hold a file, and look at what comes of it.

usage: experiment_files.py

Prints a line for each thing that was looked at: what it is, what was got, what is right, separated
by tabs. Leaves both users in mode array.
"""
import ctypes
import errno
import os
import select
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
from experiment import (EXPERIMENT, SYSCTL, Switches, admin, attempt, expect, fork,  # noqa: E402
                        held, hold, mode, put, shown, start, state)


# --- what one process sees ---------------------------------------------------------------------

def test_modes_return():
    g = start()
    fd = hold()
    expect("a write", put(fd, "sunrpc=list"), 11)
    expect("a write with newline", put(fd, "sunrpc=single\n"), 14)
    expect("the same once more", put(fd, "sunrpc=single"), 13)
    expect("a second user", put(fd, "page_pool=stock"), 15)
    expect("sunrpc is switched", state(), "single %d" % (g["sunrpc"] + 2))
    expect("page_pool is switched", state("page_pool"), "stock %d" % (g["page_pool"] + 1))
    os.close(fd)
    expect("sunrpc is back", state(), "array %d" % (g["sunrpc"] + 3))
    expect("page_pool is back", state("page_pool"), "array %d" % (g["page_pool"] + 2))

    with held() as fd:
        put(fd, "sunrpc=list")
        put(fd, "sunrpc=array")
    expect("no change to the mode that is set", state(), "array %d" % (g["sunrpc"] + 5))
    with held():
        pass
    expect("no change by an experiment without writes", state(), "array %d" % (g["sunrpc"] + 5))


def test_one_holder():
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC):
        with held(flags):
            for other in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
                expect("a second holder: %#x beside %#x" % (other, flags),
                       attempt(hold, other), "EBUSY")
            expect("a reader beside a holder", shown().split()[1], os.getpid())
    reader = os.open(EXPERIMENT, os.O_RDONLY)
    with held():
        expect("a holder beside a reader", attempt(hold), "EBUSY")
    expect("a reader cannot write", put(reader, "sunrpc=list"), "EBADF")
    os.close(reader)


def rename(name):
    with open("/proc/self/comm", "w", encoding="ascii") as file:
        file.write(name)


def test_reading():
    start()
    expect("nobody holds it", shown(), "holder none\n")
    rename("a\nb \x1b c")
    fd = hold(os.O_RDWR)
    rename("python3")
    first = "holder %d a?b ? c\n" % os.getpid()
    expect("who holds it, in one line", shown(), first)
    put(fd, "page_pool=list")
    put(fd, "sunrpc=stock")
    admin("page_pool", "single")
    want = sorted(["sunrpc stock returns array", "page_pool overridden"])
    expect("a line for each user", sorted(shown().splitlines()[1:]), want)
    text = shown()
    expect("the holder reads the same", os.pread(fd, 4096, 0).decode(), text)
    for size in (1, 2, 7, 4096, 1 << 20):
        reader = os.open(EXPERIMENT, os.O_RDONLY)
        parts = []
        while not parts or parts[-1]:
            parts.append(os.read(reader, size).decode())
        os.close(reader)
        expect("read %d bytes at a time" % size, "".join(parts), text)
    os.close(fd)
    expect("nobody holds it any more", shown(), "holder none\n")


def bad_pairs():
    yield from ("", "\n", "=", "sunrpc", "sunrpc=", "=list", "list", "nfsd=list", "Sunrpc=list",
                "sunrp=list", "sunrpcc=list", "sunrpc=lis", "sunrpc=lists", "sunrpc=LIST",
                "sunrpc=none", "sunrpc=2", "sunrpc =list", "sunrpc= list", " sunrpc=list",
                "sunrpc=list ", "sunrpc=list\n\n", "sunrpc=list\r\n", "\nsunrpc=list",
                "sunrpc==list", "sunrpc=list=", "sunrpc=list\0", "sunrpc=list\0\n",
                "sunrpc\0=list", "\0sunrpc=list", "sunrpc=list\0page_pool=list",
                "sunrpc=list page_pool=list", "sunrpc=list\npage_pool=list\n", "timing=1",
                "sunrpc=list,array", "available_modes=list", "\xff=list", "sunrpc=\xffist")
    for size in (63, 64, 65, 4096, 1 << 20):
        for filler in " \0\na":
            yield "sunrpc=list".ljust(size, filler)


def test_exact_words():
    g = start()
    fd = hold(os.O_WRONLY)
    for text in bad_pairs():
        short = repr(text[:40]) + (" of %d bytes" % len(text) if len(text) > 40 else "")
        expect("%s is refused" % short, put(fd, text), "EINVAL")
        expect("%s changes nothing" % short, state(), "array %d" % g["sunrpc"])
    expect("none of them was a first write", len(shown().splitlines()), 1)
    os.close(fd)


def splice_in(fd, text):
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    try:
        return attempt(os.splice, reader, fd, len(text))
    finally:
        os.close(reader)


def sendfile_in(fd, text):
    source = os.memfd_create("text")
    os.write(source, text)
    try:
        return attempt(os.sendfile, fd, source, 0, len(text))
    finally:
        os.close(source)


def write_from_nowhere(fd, length):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.write(fd, ctypes.c_void_p(8), ctypes.c_size_t(length)) >= 0:
        return "written"
    return errno.errorcode[ctypes.get_errno()]


def test_ways_to_write():
    g = start()
    fd = hold()
    pair = b"sunrpc=list"
    for name, got in (
            ("pwrite at 1", attempt(os.pwrite, fd, pair, 1)),
            ("pwrite at the end of an earlier write", attempt(os.pwrite, fd, pair, len(pair))),
            ("halves by pwrite", attempt(os.pwrite, fd, pair[:5], 0)),
            ("halves by writev", attempt(os.writev, fd, [pair[:7], pair[7:]])),
            ("splice", splice_in(fd, pair)),
            ("sendfile", sendfile_in(fd, pair))):
        expect("%s is refused" % name, got, "EINVAL")
    expect("memory that is not there", write_from_nowhere(fd, 11), "EFAULT")
    os.lseek(fd, 5, os.SEEK_SET)
    expect("a write behind a seek is refused", put(fd, "sunrpc=list"), "EINVAL")
    os.lseek(fd, 0, os.SEEK_SET)
    expect("all this changed nothing", state(), "array %d" % g["sunrpc"])
    expect("pwrite at 0", attempt(os.pwrite, fd, pair, 0), 11)
    expect("pwrite at 0 has switched", mode("sunrpc"), "list")
    os.close(fd)
    with held(os.O_WRONLY | os.O_APPEND) as fd:
        expect("O_APPEND: a write", put(fd, "sunrpc=single"), 13)
        expect("O_APPEND: another", put(fd, "sunrpc=list\n"), 12)
        expect("O_APPEND: switched", mode("sunrpc"), "list")
    expect("back in the end", state(), "array %d" % (g["sunrpc"] + 5))


# --- the administrator --------------------------------------------------------------------------

def events(fd, timeout=0):
    poll = select.poll()
    poll.register(fd, select.POLLPRI)
    return [event for _, event in poll.poll(timeout)]


TOLD = [select.POLLPRI | select.POLLERR]


def test_admin_wins():
    for word in ("single", "list"):  # the second is what is set already
        g = start()
        fd = hold()
        put(fd, "sunrpc=list")
        put(fd, "page_pool=list")
        reader = os.open(EXPERIMENT, os.O_RDONLY)
        expect("nothing to be told yet", events(fd), [])
        admin("sunrpc", word)
        changes = 1 if word == "list" else 2
        name = "the administrator writes %s: " % word
        expect(name + "poll tells", events(fd), TOLD)
        expect(name + "poll still tells", events(fd), TOLD)
        expect(name + "poll tells readers nothing", events(reader), [])
        expect(name + "a further write", put(fd, "sunrpc=stock"), "ECANCELED")
        expect(name + "also of that mode", put(fd, "sunrpc=" + word), "ECANCELED")
        expect(name + "nothing changed", state(), "%s %d" % (word, g["sunrpc"] + changes))
        expect(name + "the other user goes on", put(fd, "page_pool=stock"), 15)
        os.close(reader)
        os.close(fd)
        expect(name + "it stays", state(), "%s %d" % (word, g["sunrpc"] + changes))
        expect(name + "the other user is back", state("page_pool"),
               "array %d" % (g["page_pool"] + 3))
        with held() as fd:
            expect(name + "opened again: told nothing", events(fd), [])
            expect(name + "opened again: a write", put(fd, "sunrpc=stock"), 12)
        expect(name + "opened again: it returns", mode("sunrpc"), word)


def test_admin_before_first_write():
    start()
    with held() as fd:
        put(fd, "page_pool=list")
        admin("sunrpc", "stock")
        expect("a user outside of the experiment: nothing to be told", events(fd), [])
        expect("it can be taken in", put(fd, "sunrpc=single"), 13)
        expect("a word that the sysctl refuses", attempt(admin, "sunrpc", "bogus"), "EINVAL")
        expect("is no decision", events(fd), [])
    expect("what the administrator wrote before comes back", mode("sunrpc"), "stock")


def test_poll_wakes():
    start()
    with held() as fd:
        put(fd, "sunrpc=list")
        epoll = select.epoll()
        epoll.register(fd, select.EPOLLPRI | select.EPOLLET)
        late = threading.Timer(0.3, admin, ("sunrpc", "stock"))
        begin = time.monotonic()
        late.start()
        expect("poll() waits until it is told", events(fd, 20000), TOLD)
        waited = time.monotonic() - begin
        late.join()
        expect("it has waited", waited > 0.25, True)
        expect("epoll knows", [event for _, event in epoll.poll(5)], TOLD)
        expect("edge-triggered, once", epoll.poll(0), [])
        put(fd, "page_pool=list")
        admin("page_pool", "stock")
        expect("edge-triggered, for another user", [event for _, event in epoll.poll(5)], TOLD)
        expect("select(): exceptional", select.select([], [], [fd], 5)[2], [fd])
        epoll.close()


# --- who holds it -------------------------------------------------------------------------------

def test_forked_holder():
    start()
    go_on, stop = os.pipe()
    fd = hold()
    put(fd, "sunrpc=list")

    def child():
        os.close(stop)
        os.write(fd, b"page_pool=list")
        os.read(go_on, 1)
        os.write(fd, b"sunrpc=single")
        os.read(go_on, 1)

    pid = fork(child)
    os.close(fd)
    expect("the child holds it", attempt(hold), "EBUSY")
    expect("the modes stay", mode("sunrpc"), "list")
    expect("who opened it is shown", shown().split()[1], os.getpid())
    os.write(stop, b"x")
    while mode("sunrpc") == "list":
        time.sleep(0.01)
    expect("the child can write", mode("sunrpc"), "single")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    expect("sunrpc is back when the child was killed", mode("sunrpc"), "array")
    expect("page_pool too", mode("page_pool"), "array")
    os.close(go_on)
    os.close(stop)


def test_dead_opener():
    start()
    here, there = socket.socketpair()

    def opener():
        fd = hold()
        put(fd, "sunrpc=list")
        socket.send_fds(there, [b"x"], [fd])

    pid = fork(opener)
    os.waitpid(pid, 0)
    there.close()
    expect("in a socket's queue: held", attempt(hold), "EBUSY")
    expect("in a socket's queue: the mode stays", mode("sunrpc"), "list")
    expect("in a socket's queue: who opened it is shown, dead as it is",
           shown().split()[1], pid)
    _, fds, _, _ = socket.recv_fds(here, 1, 1)
    expect("received: can write", put(fds[0], "sunrpc=stock"), 12)
    again = os.dup(fds[0])
    os.close(fds[0])
    expect("a duplicate holds it too", mode("sunrpc"), "stock")
    os.close(again)
    expect("closed: back", mode("sunrpc"), "array")

    here.close()


def test_circle():
    """A socket in its own queue: only the kernel's collector of such circles finds the file."""
    start()

    def opener():
        here, there = socket.socketpair()
        fd = hold()
        put(fd, "sunrpc=list")
        socket.send_fds(here, [b"x"], [fd, there.fileno()])

    os.waitpid(fork(opener), 0)
    for _ in range(100):
        if shown() == "holder none\n":
            break
        socket.socket(socket.AF_UNIX).close()  # starts the collector
        time.sleep(0.1)
    expect("a descriptor that nobody can receive any more: back", mode("sunrpc"), "array")


def test_exec():
    start()

    def program():
        fd = hold()
        put(fd, "sunrpc=list")
        os.execv("/bin/cat", ["cat", SYSCTL + "sunrpc"])

    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writer, 1)
        program()
    os.close(writer)
    expect("O_CLOEXEC: the program that follows sees the mode of before",
           os.read(reader, 100).decode(), "array\n")
    os.waitpid(pid, 0)
    os.close(reader)


def test_hotplug():
    g = start()
    online = "/sys/devices/system/cpu/cpu1/online"
    with held() as fd:
        put(fd, "sunrpc=list")
        for value, word in (("0", "single"), ("1", "stock")):
            with open(online, "w", encoding="ascii") as file:
                file.write(value)
            expect("CPU 1 online: %s: the mode stays" % value, mode("sunrpc") != "array", True)
            expect("CPU 1 online: %s: a write" % value, put(fd, "sunrpc=" + word), len(word) + 7)
    expect("back after CPU 1 was away", state(), "array %d" % (g["sunrpc"] + 4))


def test_trace():
    g = start()["sunrpc"]
    switches = Switches()
    fd = hold()
    put(fd, "sunrpc=list")
    put(fd, "sunrpc=list")

    def child():
        put(fd, "sunrpc=stock")

    pid = fork(child)
    os.waitpid(pid, 0)
    os.close(fd)
    got = ["%(old)s %(new)s %(generation)s %(pid)s" % event for event in switches.stop()]
    expect("page_bulk_switch: each change, the last one too, and whose it was", got,
           ["array list %d %d" % (g + 1, os.getpid()), "list stock %d %d" % (g + 2, pid),
            "stock array %d %d" % (g + 3, os.getpid())])


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    start()


if __name__ == "__main__":
    main()
