# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the experiment file share: the file, the sysctls, what the tracepoint saw.

Needs root and the two users sunrpc and page_pool.
"""
import contextlib
import errno
import os

EXPERIMENT = "/sys/kernel/debug/page_bulk/experiment"
SYSCTL = "/proc/sys/vm/page_bulk/"
STATS = "/sys/kernel/debug/page_bulk/%s/stats"
INSTANCE = "/sys/kernel/tracing/instances/experiment"
USERS = ["sunrpc", "page_pool"]
MODES = ["single", "list", "array", "stock"]


def expect(name, got, want):
    text = [str(part).encode("unicode_escape").decode() for part in (name, got, want)]
    print("\t".join(text), flush=True)


def attempt(call, *args):
    """What the call returns, or the name of its error."""
    try:
        return call(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def hold(flags=os.O_WRONLY):
    return os.open(EXPERIMENT, flags | os.O_CLOEXEC)


@contextlib.contextmanager
def held(flags=os.O_WRONLY):
    fd = hold(flags)
    try:
        yield fd
    finally:
        os.close(fd)


def put(fd, text):
    return attempt(os.write, fd, text.encode("latin-1"))


def shown():
    with open(EXPERIMENT, encoding="ascii") as file:
        return file.read()


def mode(user):
    with open(SYSCTL + user, encoding="ascii") as file:
        return file.read().strip()


def generation(user):
    with open(STATS % user, encoding="ascii") as file:
        return int(file.readline().split()[1])


def state(user="sunrpc"):
    return "%s %d" % (mode(user), generation(user))


def admin(user, word):
    with open(SYSCTL + user, "w", encoding="ascii") as file:
        file.write(word)


def start(word="array"):
    """Both users in this mode; the generations from here on."""
    for user in USERS:
        admin(user, word)
    return {user: generation(user) for user in USERS}


def fork(work):
    """A child that does this and ends."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def tell(file, text):
    with open(os.path.join(INSTANCE, file), "w", encoding="ascii") as opened:
        opened.write(text)


class Switches:
    """Record page_bulk_switch, and compare with modes and generations."""

    def __init__(self):
        os.makedirs(INSTANCE, exist_ok=True)
        tell("tracing_on", "0")
        tell("buffer_size_kb", "16384")
        tell("trace", "")
        tell("events/page_bulk/page_bulk_switch/enable", "1")
        self.before = {user: (mode(user), generation(user)) for user in USERS}
        tell("tracing_on", "1")

    def stop(self):
        """The events as dictionaries, in the order of the trace."""
        tell("tracing_on", "0")
        tell("events/page_bulk/page_bulk_switch/enable", "0")
        found = []
        with open(os.path.join(INSTANCE, "trace"), encoding="ascii") as file:
            for line in file:
                _, event, fields = line.partition(" page_bulk_switch: ")
                if event:
                    found.append(dict(field.split("=", 1) for field in fields.split()))
        return found

    def account(self, name):
        """The generation rises are the actual changes, each with one event."""
        found = self.stop()
        for user in USERS:
            word, number = self.before[user]
            wrong = 0
            mine = [event for event in found if event["user"] == user]
            for event in sorted(mine, key=lambda event: int(event["generation"])):
                number += 1
                wrong += (event["old"] != word or event["new"] == word or
                          int(event["generation"]) != number)
                word = event["new"]
            expect("%s: %s: no event is missing or wrong" % (name, user), wrong, 0)
            expect("%s: %s: the last event is what is set" % (name, user), state(user),
                   "%s %d" % (word, number))
        return len(found)
