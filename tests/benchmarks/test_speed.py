"""What the test-bed says of memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from benchmarks import speed


def test_the_peak_is_a_programs_own() -> None:
    """A program started by one that holds 256 MiB more does not count them: nothing of its starter's memory is handed on."""
    held = np.ones(2**25)  # 256 MiB, all written to
    code = "from benchmarks import speed; print(speed._resident_kib())"
    small = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert held.nbytes / 2**10 < speed._resident_kib()
    assert small < speed._resident_kib()
