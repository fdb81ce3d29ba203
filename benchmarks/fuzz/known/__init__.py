"""What went wrong once, by name: bombs, devices, cycles and lies that no drawing would find again."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.known import arrays, entries, graphs, lies, pages, photos, settings, sound, special


def attempts() -> Iterator[Attempt]:
    """Yield every known attempt; some are large, so none is kept."""
    for room in (sound, settings, graphs, arrays, entries, special, photos, pages, lies):
        yield from room.attempts()
