"""``python -m pixelparity``: the command line."""

import sys

from pixelparity.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
