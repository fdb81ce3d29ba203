"""What a text shows being typed and printed: each block of commands with the block of output that follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
#: Stands for any text, none included; alone in a line for any number of lines.
GAP = "..."


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """Commands as one pastes them, and what they print; ``printed`` is empty where nothing is shown."""

    commands: str
    printed: str


def transcripts(text: str) -> list[Transcript]:
    """Return the blocks of shell commands of a text in order, each with the output that is shown next, before other text."""
    blocks = list(_BLOCK.finditer(text))
    found = []
    for place, block in enumerate(blocks):
        if block[1] != "bash":
            continue
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        follows = after is not None and after[1] == "" and not text[block.end() : after.start()].strip()
        found.append(Transcript(commands=block[2], printed=after[2] if after is not None and follows else ""))
    return found


def shows(printed: str, seen: str) -> bool:
    """Tell whether what was seen is what is shown, with any text where that has ``...``."""
    # A line that is a gap stands for whole lines, so the line end goes with it.
    parts = re.split(rf"^{re.escape(GAP)}\n|{re.escape(GAP)}", printed.rstrip() + "\n", flags=re.M)
    return re.fullmatch(".*".join(map(re.escape, parts)), seen.rstrip() + "\n", re.S) is not None
