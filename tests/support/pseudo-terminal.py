"""Runs a program in a pseudo terminal of its own. Requests come as lines of JSON on standard input, what the program
writes goes to standard output as lines of JSON, and the last of them says how it ended."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios


def say(what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def flags_of(terminal):
    """Whether lines are edited and typed characters are shown, as they are wherever nobody has changed it."""
    modes = termios.tcgetattr(terminal)[3]
    return {"canonical": bool(modes & termios.ICANON), "echo": bool(modes & termios.ECHO)}


def take_terminal():
    """Makes it the one that the program is controlled from."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def obey(request, program, terminal):
    if "keys" in request:
        os.write(terminal, request["keys"].encode())
    if "size" in request:
        resize(terminal, *request["size"])
    if "signal" in request:
        program.send_signal(getattr(signal, request["signal"]))


def main():
    columns, rows, *command = sys.argv[1:]
    terminal, inside = pty.openpty()
    resize(terminal, int(columns), int(rows))
    # What is inside stays open here, so that it outlives the program and can be looked at then.
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    program = subprocess.Popen(command, start_new_session=True, preexec_fn=take_terminal, **streams)
    requests = b""
    while True:
        ready, _, _ = select.select([terminal, 0], [], [], 0.1)
        if terminal in ready:
            say({"output": os.read(terminal, 65536).decode("latin-1")})
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                program.kill()
                break
            *lines, requests = (requests + read).split(b"\n")
            for line in lines:
                obey(json.loads(line), program, terminal)
        if not ready and program.poll() is not None:
            break
    say({"ended": program.wait(), **flags_of(inside)})


main()
