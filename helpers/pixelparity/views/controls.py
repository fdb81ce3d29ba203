"""The explorer's controls and the screens that they change: plain widgets, nothing that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from pixelparity.errors import InputError

# A click on a picture fills the two number boxes as a person would; where a page forbids scripts the boxes still work.
_CLICK = (
    "var b=this.getBoundingClientRect(),s=[(event.clientY-b.top)/b.height,(event.clientX-b.left)/b.width];"
    "['row','column'].forEach(function(n,i){{var e=document.querySelector('.skew-{number}-'+n+' input');if(e){{"
    "e.value=Math.floor(s[i]*(Number(e.max||e.getAttribute('max'))+1));"
    "['input','change'].forEach(function(t){{e.dispatchEvent(new Event(t,{{bubbles:true}}))}})}}}})"
)
# JupyterLab takes the arrow keys, and letters, for its own shortcuts wherever the focus is, but on an element with this
# attribute. Widgets cannot set attributes, so a picture of one pixel sees to it, as soon as it is there, for all that get
# the focus.
_KEYS_CLASS = "skew-keys"
KEYS = (
    '<img alt="" style="display:none" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" onload="'
    "if(!window.skewKeys){window.skewKeys=true;document.addEventListener('focusin',function(e){"
    f"if(e.target.closest&amp;&amp;e.target.closest('.{_KEYS_CLASS}'))"
    "e.target.setAttribute('data-lm-suppress-shortcuts','true')})}\">"
)
_AS_WIDE_AS_IT_IS = widgets.Layout(width="auto", min_width="300px", max_width="100%")  # names of two sides are long
_ALL = ("all", -1)  # a list's value must not be None: the list would show nothing as chosen


class Controls:
    """What a person moves. ``number`` tells the explorers on one page apart."""

    def __init__(self, images: Sequence[str], stages: Sequence[str], mends: Mapping[str, str], *, number: int) -> None:
        self.image = widgets.Dropdown(options=list(images), description="Picture")
        names = [(f"{place}. {name}", place - 1) for place, name in enumerate(stages, 1)]
        self.stage = widgets.Dropdown(
            options=names, value=len(names) - 1, description="Stage", layout=_AS_WIDE_AS_IT_IS
        )
        self.channel = widgets.Dropdown(options=[_ALL], description="Channel")
        self.log = widgets.Checkbox(value=True, description="Count on a logarithmic scale", indent=False)
        self.row, self.column = (
            widgets.BoundedIntText(description=name, min=0, max=0, layout=widgets.Layout(width="160px"))
            for name in ("Row", "Column")
        )
        self.sliders = tuple(
            widgets.IntSlider(min=0, max=0, readout=False, layout=widgets.Layout(width="260px")) for _ in range(2)
        )
        for box, slider, name in zip((self.row, self.column), self.sliders, ("row", "column"), strict=True):
            box.add_class(f"skew-{number}-{name}")
            widgets.link((box, "value"), (slider, "value"))
        wide = widgets.Layout(width="auto")
        self.switches = {
            family: widgets.Checkbox(value=False, indent=False, layout=wide, description=f"mend {family}", tooltip=text)
            for family, text in mends.items()
        }
        self.upload = widgets.FileUpload(accept="image/*", description="Add a picture", multiple=False)
        self.click = _CLICK.format(number=number)

    def choose(self, **labels: str | None) -> None:
        """Set ``image``, ``stage`` or ``channel`` by the label that its list shows."""
        for name, label in labels.items():
            if label is None:
                continue
            control = getattr(self, name)
            known = [str(option[0]) if isinstance(option, tuple) else str(option) for option in control.options]
            if label not in known:
                raise InputError(f"no {control.description.lower()} {label!r}, there are {', '.join(known)}")
            control.index = known.index(label)

    def fit(self, size: tuple[int, int], channels: Sequence[str]) -> None:
        """Fit the number boxes to a picture of that height and width, at the same share of it, and list its channels."""
        options = [_ALL, *[(name, place) for place, name in enumerate(channels)]]
        if list(self.channel.options) != options:
            self.channel.options = options
        for box, slider, count in zip((self.row, self.column), self.sliders, size, strict=True):
            share = box.value / box.max if box.max else 0.5
            box.max = slider.max = count - 1
            box.value = round(share * (count - 1))

    def place(self) -> tuple[float, float]:
        """Return the chosen pixel's middle as shares of the height and width."""
        return (self.row.value + 0.5) / (self.row.max + 1), (self.column.value + 0.5) / (self.column.max + 1)

    def chosen_channel(self) -> int | None:
        """Return the chosen channel, ``None`` for all of them."""
        return None if self.channel.value == _ALL[1] else self.channel.value

    def active(self) -> tuple[str, ...]:
        """Return the mends that are switched on."""
        return tuple(family for family, switch in self.switches.items() if switch.value)


def keep_keys(root: widgets.DOMWidget) -> widgets.DOMWidget:
    """Keep the keys that are pressed inside a widget from JupyterLab's shortcuts; it has to show :data:`KEYS` somewhere."""
    root.add_class(_KEYS_CLASS)
    return root


class Screens:
    """What the controls change: HTML, one widget for each part, so that only what changed is sent again."""

    def __init__(self, css: str, *, number: int) -> None:
        self.style = widgets.HTML(css + KEYS, layout=widgets.Layout(display="none"))
        self.cross, self.note, self.shots, self.answer, self.histograms, self.pixel = (widgets.HTML() for _ in range(6))
        self.shots.add_class(f"skew-{number}-shots")


def assemble(controls: Controls, screens: Screens, *, upload: bool) -> widgets.VBox:
    """Return the whole explorer, top to bottom: choice, tensors, answer, pixel, histograms."""
    first = widgets.HBox([controls.image, controls.stage, controls.channel])
    second = widgets.HBox([*controls.switches.values(), *([controls.upload] if upload else [])])
    boxes = zip((controls.row, controls.column), controls.sliders, strict=True)
    place = widgets.HBox([widgets.HBox(list(pair)) for pair in boxes])
    for row in (first, second, place):
        row.layout.flex_flow = "row wrap"
    second.layout.grid_gap = "4px 18px"
    parts: list[Any] = [screens.style, screens.cross, first, *([second] if second.children else []), screens.note]
    parts += [screens.shots, screens.answer, place, screens.pixel, controls.log, screens.histograms]
    return keep_keys(widgets.VBox(parts, layout=widgets.Layout(width="100%")))
