"""Run one program so that nothing of it outlives the process that asked for it; a script of the standard library only.

``python watchdog.py PARENT_PID FOLDER SHM_PREFIX GRACE -- PROGRAM [ARGUMENT...]`` starts the program, waits until it
ends, until the parent is gone (however that ended, ``kill -9`` included) or until SIGTERM, and then ends the program,
whatever the program started, and removes the work folder and the shared-memory files that start with the prefix. It
imports nothing of ours, so that it starts in milliseconds and works wherever Linux does.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)
POLL_SECONDS = 0.1
SIGNALLED = 128  # what an exit status is more than, as a shell has it, where a signal ended the program


def main(arguments: list[str]) -> int:
    """Watch over the program and return its exit status."""
    parent, folder, prefix, grace = int(arguments[0]), Path(arguments[1]), arguments[2], float(arguments[3])
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, frame: stopping.append(signum))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to act on
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # the program's own children become ours when it dies
    try:
        program = subprocess.Popen(arguments[5:], start_new_session=True, preexec_fn=_die_with_me)
        while program.poll() is None and not stopping and os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        return _end(program, grace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for leftover in Path("/dev/shm").glob(f"{prefix}*"):  # noqa: S108 - where Triton puts shared memory
            leftover.unlink(missing_ok=True)


def _die_with_me() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end(program: subprocess.Popen[bytes], grace: float) -> int:
    """Ask the program to stop, insist after ``grace`` seconds, and kill what it leaves."""
    if program.poll() is None:
        program.terminate()
    try:
        status = program.wait(grace)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        status = program.wait()
    while orphans := _children():
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)
    return status if status >= 0 else SIGNALLED - status


def _children() -> list[int]:
    """Return the process ids whose parent we are now."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
