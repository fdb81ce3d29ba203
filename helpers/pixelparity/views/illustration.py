"""A figure with its words: what it shows for those who cannot see it, and how it is put into a page."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

from pixelparity.errors import InputError
from pixelparity.views import lean, style

_COLOUR = re.compile("|".join(style.LIGHT.values()), re.IGNORECASE)
_IMAGE = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
_NAMES = {colour: name for name, colour in style.LIGHT.items()}
_SUFFIXES = (".svg", ".png", ".pdf")


@dataclass(frozen=True, kw_only=True)
class Illustration:
    """A figure, ``alt`` (what it shows, as text, for a screen reader) and ``name`` (a file name without suffix).

    In a notebook it shows itself as vector graphics in the colours of the notebook's theme, with a PNG beside it for places
    that keep pictures only.
    """

    figure: Figure
    alt: str
    name: str

    def __post_init__(self) -> None:
        # Laid out once: laying out again at every save moves things by a hair, and the same figure has to give the same bytes.
        if self.figure.get_layout_engine() is not None:
            with matplotlib.rc_context(style.settings()):
                self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")

    def svg(self) -> str:
        """Return inline SVG whose colours follow the page's theme; the same figure always gives the same text."""
        buffer = io.StringIO()
        with matplotlib.rc_context(style.settings()):
            self.figure.savefig(buffer, format="svg", dpi=144, metadata={"Date": None, "Creator": None})
        text = buffer.getvalue()
        text = text[text.index("<svg") :]
        text = _COLOUR.sub(lambda found: f"var(--skew-{_NAMES[found[0].lower()]})", text)
        return _for_a_page(_IMAGE.sub(_smaller, text), self.alt)

    def png(self, *, dpi: int = 144) -> bytes:
        """Return a PNG on light paper."""
        buffer = io.BytesIO()
        with matplotlib.rc_context(style.settings()):
            self.figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        return buffer.getvalue()

    def html(self) -> str:
        """Return the figure as HTML that carries its own colours and may stand in any notebook."""
        return f'<style>{style.theme_css()}</style><div class="skew">{self.svg()}</div>'

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file by its suffix: svg (follows the reader's light or dark system), png or pdf."""
        target = Path(path)
        if target.suffix not in _SUFFIXES:
            raise InputError(f"{target.name}: a figure is written as one of {', '.join(_SUFFIXES)}; change the suffix")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".svg":
            target.write_text(self._standalone(), encoding="utf-8")
        elif target.suffix == ".png":
            target.write_bytes(self.png())
        else:
            with matplotlib.rc_context(style.settings()):
                self.figure.savefig(target, metadata={"CreationDate": None})
        return target

    def _standalone(self) -> str:
        css = f"<style>{style.theme_css(follow_system=True)}</style>"
        head, rest = self.svg().split(">", 1)
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head} class="skew">{css}{rest}'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:  # noqa: ARG002 - IPython's names
        return {"text/html": self.html(), "image/png": self.png(dpi=110), "text/plain": self.alt}


def _smaller(found: re.Match[str]) -> str:
    """Write an embedded picture with 256 colours of its own: a third of the size, and no difference to the eye."""
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
        if picture.convert("RGBA").getextrema()[3] != (255, 255):
            return found[0]
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _for_a_page(text: str, alt: str) -> str:
    """Make matplotlib's SVG fit a page: fluid width, ids of its own, a name and a description for screen readers."""
    prefix = "s" + hashlib.sha256(text.encode()).hexdigest()[:6]
    text = lean.names(text, prefix)
    text = lean.pictures(lean.positions(lean.paths(text)), prefix)
    text = re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", text))
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # matplotlib's own style rule is for every element of the page it lands in; as attributes of the root it stays here.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    head, rest = text.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    width = re.search(r'width="([\d.]+)pt"', head)
    if box is None or width is None:  # a matplotlib that writes another head would otherwise lose its size unseen
        raise RuntimeError(f"matplotlib {matplotlib.__version__} wrote an SVG head that is not known: {head}")
    pixels = float(width[1]) * 96 / 72
    label = html.escape(alt, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0]} role="img" '
        f'stroke-linejoin="round" stroke-linecap="butt" aria-label="{label}" '
        f'style="width:100%;max-width:{pixels:.0f}px;height:auto;display:block">{rest}'
    )
