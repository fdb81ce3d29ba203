"""``python -m pixelparity``, and the command of that name: the command line."""

import _signal  # what `signal` is made of: that one reads a dozen modules first, for a while in which Ctrl-C may come
import sys


def run() -> int:
    """Run the command line and return its exit code; Ctrl-C while its modules are read ends it like any other program."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # that one would print Python's traceback
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from pixelparity.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
