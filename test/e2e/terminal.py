"""Runs a program in a real terminal and plays a script on it, as a person would.

usage: terminal.py COLUMNS ROWS SCRIPT PROGRAM [ARGUMENT ...]
SCRIPT is JSON: a list of {"expect": regex} | {"send": text} | {"resize": [columns, rows]}.
Prints all that the terminal showed; exits with the program's code, or 99 when something expected did not come in time.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time

LIMIT_SECONDS = 60


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read(terminal, seconds):
    ready, _, _ = select.select([terminal], [], [], seconds)
    if not ready:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return None


def play(terminal, script):
    shown, start = b"", 0
    for step in script:
        if "send" in step:
            os.write(terminal, step["send"].encode())
        elif "resize" in step:
            resize(terminal, *step["resize"])
        else:
            pattern, end = re.compile(step["expect"].encode()), time.monotonic() + LIMIT_SECONDS
            while not (found := pattern.search(shown, start)):
                more = read(terminal, 0.2)
                if more is None or time.monotonic() > end:
                    return shown + b"\n(not seen: " + step["expect"].encode() + b")\n", False
                shown += more
            start = found.end()
    while (more := read(terminal, LIMIT_SECONDS)):
        shown += more
    return shown, True


columns, rows, script, *program = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    resize(0, int(columns), int(rows))
    os.execv(program[0], program)
shown, complete = play(terminal, json.loads(script))
if not complete:
    os.kill(child, 9)
os.close(terminal)
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
os._exit(os.waitstatus_to_exitcode(status) if complete else 99)
