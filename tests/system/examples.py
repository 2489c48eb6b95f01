#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take the examples out of a README.md, an .rst or a man page, for 90-examples.sh to run.

usage: examples.py FILE FOLDER

Examples are the blocks ```console and ".. code-block:: console". In them a line that begins with
"# " is a command for root and one with "$ " a command for anybody; a command that ends with \\ goes
on in the next line. The lines below it are what it prints: exactly these, where a line "..." stands
for any lines or none. A block is left out when the line before it, blank ones aside, is

    <!-- test: skip -->      in Markdown
    .. test: skip            in reStructuredText

In a man page they are the lines between .EX and .EE of the section EXAMPLES: each is a command for
root, whatever it prints. The line before .EX may say

    .\\" test: skip
    .\\" test: dry-run    run them with --dry-run: what takes long, or names what is not there

Makes for each command a file FOLDER/NNN with: the number of its line, root or user, the command
and a shell pattern of the output, each ended by a NUL.
"""
import os
import re
import sys


class Command:
    def __init__(self, number, who, text):
        self.number = number
        self.who = who
        self.text = text
        self.output = []

    def pattern(self):
        parts = ["\n"]
        for line in self.output:
            parts.append("*" if line == "..." else re.sub(r"([^\w\s])", r"\\\1", line) + "\n")
        return "".join(parts)


def blocks_of(lines):
    """Yield (number of its first line, its lines, is it left out) of each console block."""
    last = ""
    i = 0
    while i < len(lines):
        begin = re.match(r"( *)(```console|\.\. code-block:: console)\s*$", lines[i])
        if not begin:
            if lines[i].strip():
                last = lines[i].strip()
            i += 1
            continue
        i += 1
        first = i
        if begin[2].startswith("`"):
            while lines[i].strip() != "```":
                i += 1
            block = lines[first:i]
            i += 1
        else:
            while i < len(lines) and (not lines[i].strip() or
                                      lines[i].startswith(begin[1] + "   ")):
                i += 1
            block = lines[first:i]
        yield first + 1, block, last in ("<!-- test: skip -->", ".. test: skip")
        last = "(a block)"


def plain(line):
    """A line of a man page as its reader sees it."""
    for escape, text in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\e", "\\")):
        line = line.replace(escape, text)
    return re.sub(r"\\f[A-Z]|\\&", "", line)


def man_blocks_of(lines):
    """The same of a man page, in the form that commands_of() reads."""
    section = mark = ""
    i = 0
    while i < len(lines):
        if lines[i].startswith(".SH "):
            section = lines[i][4:].strip()
        if lines[i] != ".EX" or section != "EXAMPLES":
            mark = lines[i]
            i += 1
            continue
        first = i = i + 1
        while lines[i] != ".EE":
            i += 1
        for number in range(first, i):
            command = plain(lines[number])
            if mark.endswith('" test: dry-run'):
                command = re.sub(r"^(bulkctl \w+)", r"\1 --dry-run", command)
            yield number + 1, ["# " + command, "..."], mark.endswith('" test: skip')


def commands_of(number, block):
    indent = min((len(line) - len(line.lstrip()) for line in block if line.strip()), default=0)
    commands = []
    goes_on = False
    for offset, line in enumerate(block):
        line = line[indent:].rstrip()
        if goes_on:
            commands[-1].text += "\n" + line
        elif line.startswith(("# ", "$ ")):
            commands.append(Command(number + offset, "root" if line[0] == "#" else "user", line[2:]))
        elif commands:
            commands[-1].output.append(line)
        elif line:
            sys.exit("line %d: an example begins without a command" % (number + offset))
        goes_on = bool(commands) and not commands[-1].output and commands[-1].text.endswith("\\")
    for command in commands:
        while command.output and not command.output[-1]:
            command.output.pop()
    return commands


def main():
    path, folder = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    count = left_out = 0
    blocks = man_blocks_of if path.endswith(".8") else blocks_of
    for number, block, skip in blocks(lines):
        if skip:
            left_out += 1
            continue
        for command in commands_of(number, block):
            count += 1
            with open(os.path.join(folder, "%03d" % count), "w", encoding="utf-8") as file:
                for field in (str(command.number), command.who, command.text, command.pattern()):
                    file.write(field + "\0")
    print("%d commands; %d blocks are left out" % (count, left_out))
    return 0 if count or left_out else 1


if __name__ == "__main__":
    sys.exit(main())
