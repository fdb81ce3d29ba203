"""Write the same SVG in fewer characters: pages that hold many figures are sent by mail and kept in git.

What matplotlib writes is exact to a millionth of a point, repeats what has not changed and names things at length. Nothing
that is done here moves anything by more than a hundredth of a point.
"""

from __future__ import annotations

import re
from collections import Counter

_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_POINT = re.compile(rf"([ML]) ({_NUMBER}) ({_NUMBER}) ?")
_STRAIGHT = re.compile(rf"(?:[ML] {_NUMBER} {_NUMBER} ?|[zZ] ?)+")
_CRISP = 'style="image-rendering:crisp-edges;image-rendering:pixelated"'
_PICTURE = re.compile(rf'<image xlink:href="(data:[^"]*)"( width="\d+" height="\d+")( transform="[^"]*") {_CRISP}/>')


def paths(svg: str) -> str:
    """Shorten every path: two decimals, no space that only separates, a line along an axis by its end alone."""
    return re.sub(r' d="([^"]*)"', lambda found: f' d="{_path(found[1])}"', svg)


def positions(svg: str) -> str:
    """Give every position and shift two decimals; factors of a scale keep all of theirs."""
    svg = re.sub(rf' (x|y)="({_NUMBER})"', lambda found: f' {found[1]}="{_rounded(found[2])}"', svg)
    return re.sub(
        rf"translate\(({_NUMBER}) ({_NUMBER})\)",
        lambda found: f"translate({_rounded(found[1])} {_rounded(found[2])})",
        svg,
    )


def names(svg: str, prefix: str) -> str:
    """Drop ids that nothing refers to, and number the others behind a prefix that tells the figures of a page apart."""
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    short = {name: f"{prefix}-{_base36(place)}" for place, name in enumerate(used)}
    svg = re.sub(r' id="([^"]*)"', lambda found: f' id="{short[found[1]]}"' if found[1] in short else "", svg)
    return re.sub(r'(href="#|url\(#)([^")]+)', lambda found: f"{found[1]}{short[found[2]]}", svg)


def pictures(svg: str, prefix: str) -> str:
    """Hold a picture that is shown at several places once: what the first place shows is referred to by the others."""
    counts = Counter(found[1] for found in _PICTURE.finditer(svg))
    known: dict[str, str] = {}

    def once(found: re.Match[str]) -> str:
        data, size, transform = found[1], found[2], found[3]
        if counts[data] == 1:
            return found[0]
        if data in known:
            return f'<use xlink:href="#{known[data]}"{transform}/>'
        known[data] = f"{prefix}-p{_base36(len(known))}"
        return f'<g{transform}><image id="{known[data]}" xlink:href="{data}"{size} {_CRISP}/></g>'

    return _PICTURE.sub(once, svg)


def _path(data: str) -> str:
    data = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda found: _rounded(found[0]), " ".join(data.split()))
    if _STRAIGHT.fullmatch(data):
        data = _along_the_axes(data)
    return re.sub(r" ?([A-Za-z]) ?", r"\1", data)


def _along_the_axes(data: str) -> str:
    """Write ``L x y`` as ``H x`` or ``V y`` where the other coordinate stays."""
    last = ("", "")

    def shorter(found: re.Match[str]) -> str:
        nonlocal last
        command, x, y = found[1], found[2], found[3]
        before, last = last, (x, y)
        if command == "L" and y == before[1]:
            return f"H {x} "
        return f"V {y} " if command == "L" and x == before[0] else f"{command} {x} {y} "

    return _POINT.sub(shorter, data)


def _rounded(value: str) -> str:
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _base36(value: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_base36(value // 36) if value >= 36 else "") + digits[value % 36]
