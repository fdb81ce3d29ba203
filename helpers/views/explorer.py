"""An explorer for a notebook: both sides' tensors, stage by stage and pixel by pixel, and what each mend changes.

It is made of plain widgets, so that it works in JupyterLab and in the classic notebook and with the keyboard alone. Where no
kernel runs (an exported page) two static figures stand in its place.
"""

from __future__ import annotations

import html
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import matching
from helpers.diagnosis.comparing import channel_name
from helpers.diagnosis.results import Comparison, Diagnosis
from helpers.errors import InputError, SkewError
from helpers.stages import Capture, Tensor
from helpers.views import figures, panels, style, tensors
from helpers.views.illustration import Illustration
from helpers.views.panels import View
from helpers.views.table import TABLE_CSS

#: Takes a deployed final tensor, in the deployed side's layout, and the picture's name; returns the tensor mended.
Mend = Callable[[Tensor, str], Tensor]
#: Takes a final tensor without a batch axis; returns the model's probabilities, shape (classes,).
Model = Callable[[Tensor], NDArray[Any]]
#: Takes the file of a picture; returns what both sides make of it.
CaptureBoth = Callable[[Path], tuple[Capture, Capture]]

_numbers = itertools.count(1)
# A click on a picture fills the two number boxes as a person would; where a page forbids scripts the boxes still work.
_CLICK = (
    "var b=this.getBoundingClientRect(),s=[(event.clientY-b.top)/b.height,(event.clientX-b.left)/b.width];"
    "['row','column'].forEach(function(n,i){{var e=document.querySelector('.skew-{number}-'+n+' input');if(e){{"
    "e.value=Math.floor(s[i]*(Number(e.max||e.getAttribute('max'))+1));"
    "['input','change'].forEach(function(t){{e.dispatchEvent(new Event(t,{{bubbles:true}}))}})}}}})"
)


def explore(
    reference: Capture,
    deployed: Capture,
    *,
    comparison: Comparison | None = None,
    diagnosis: Diagnosis | None = None,
    model: Model | None = None,
    mends: Mapping[str, Mend] | None = None,
    classes: Sequence[str] = (),
    capture_both: CaptureBoth | None = None,
) -> Explorer:
    """Return an explorer of two captures of the same pictures; shown by a notebook as the last line of a cell.

    ``mends`` go from a cause's family to what undoes it on the deployed side's final tensor; they are applied in the order
    given. With a ``model`` the answer follows every switch. With ``capture_both`` a picture of one's own can be added.
    """
    found = comparison or (diagnosis.comparison if diagnosis is not None else None)
    return Explorer(reference, deployed, found, diagnosis, model, mends or {}, tuple(classes), capture_both)


class Explorer:
    """What :func:`explore` returns: the controls, what they show, and the choice they hold."""

    def __init__(
        self,
        reference: Capture,
        deployed: Capture,
        comparison: Comparison | None,
        diagnosis: Diagnosis | None,
        model: Model | None,
        mends: Mapping[str, Mend],
        classes: tuple[str, ...],
        capture_both: CaptureBoth | None,
    ) -> None:
        matching.common_images(reference, deployed)
        self.reference, self.deployed = reference, deployed
        self._first = None if comparison is None else comparison.first_divergence
        self._comparison, self._diagnosis = comparison, diagnosis
        self._model, self._mends, self._classes = model, mends, classes
        self._capture_both = capture_both
        self._pairs = tensors.pairs(reference, deployed)
        self._known: dict[tuple[str, ...], NDArray[np.float64]] = {}
        self._number = next(_numbers)
        self._make_controls()
        self._make_screens()
        self.widget = self._assemble()
        self._show_picture()

    def choose(self, *, image: str | None = None, stage: str | None = None, channel: str | None = None) -> None:
        """Set the controls, as a person would; ``stage`` is a name as the list of stages shows it."""
        for control, value in ((self.image, image), (self.stage, stage), (self.channel, channel)):
            if value is not None:
                known = _labels(control)
                if value not in known:
                    raise InputError(f"no {control.description.lower()} {value!r}, there are {', '.join(known)}")
                control.index = known.index(value)

    def static(self) -> tuple[Illustration, ...]:
        """Return what stands in the explorer's place where no kernel runs: the picture's strip, and the histograms."""
        strip = figures.tensor_strip(self.reference, self.deployed, self.image.value, first_divergence=self._first)
        if self._comparison is None:
            return (strip,)
        return strip, figures.stage_histograms(self._comparison)

    def _make_controls(self) -> None:
        self.image = widgets.Dropdown(options=list(self.reference.images), description="Picture")
        names = [f"{n}. {pair.name}" for n, pair in enumerate(self._pairs, 1)]
        self.stage = widgets.Dropdown(options=list(zip(names, range(len(names)), strict=True)), description="Stage")
        self.stage.value = len(names) - 1
        self.channel = widgets.Dropdown(options=[("all", None)], description="Channel")
        self.log = widgets.Checkbox(value=True, description="Count on a logarithmic scale", indent=False)
        self.row, self.column = (
            widgets.BoundedIntText(description=name, min=0, max=0, layout=widgets.Layout(width="160px"))
            for name in ("Row", "Column")
        )
        self._row_slider, self._column_slider = (
            widgets.IntSlider(min=0, max=0, readout=False, layout=widgets.Layout(width="260px")) for _ in range(2)
        )
        self.row.add_class(f"skew-{self._number}-row")
        self.column.add_class(f"skew-{self._number}-column")
        texts = {} if self._diagnosis is None else {c.family: c.text for c in self._diagnosis.causes}
        wide = widgets.Layout(width="auto")
        self.switches = {
            family: widgets.Checkbox(
                value=False, indent=False, layout=wide, description=f"mend {family}", tooltip=texts.get(family, family)
            )
            for family in self._mends
        }
        self.upload = widgets.FileUpload(accept="image/*", description="Add a picture", multiple=False)

    def _make_screens(self) -> None:
        css = f"<style>{style.theme_css()}{TABLE_CSS}{panels.EXPLORER_CSS}</style>"
        self._style = widgets.HTML(css, layout=widgets.Layout(display="none"))
        self._cross, self.note, self.shots, self.answer, self.histograms, self.pixel = (
            widgets.HTML() for _ in range(6)
        )
        self.shots.add_class(f"skew-{self._number}-shots")
        self.image.observe(self._on_image, "value")
        self.stage.observe(self._on_stage, "value")
        self.channel.observe(self._on_view, "value")
        self.log.observe(self._on_log, "value")
        for box, slider in ((self.row, self._row_slider), (self.column, self._column_slider)):
            widgets.link((box, "value"), (slider, "value"))
            box.observe(self._on_pixel, "value")
        for switch in self.switches.values():
            switch.observe(self._on_mend, "value")
        self.upload.observe(self._on_upload, "value")

    def _assemble(self) -> widgets.VBox:
        first = widgets.HBox([self.image, self.stage, self.channel])
        rows: list[widgets.Widget] = [self._style, self._cross, first]
        if self.switches or self._capture_both is not None:
            extra = [*self.switches.values(), *([self.upload] if self._capture_both is not None else [])]
            rows.append(widgets.HBox(extra, layout=widgets.Layout(flex_flow="row wrap", grid_gap="4px 18px")))
        place = widgets.HBox([self.row, self._row_slider, self.column, self._column_slider])
        rows += [self.note, self.shots, self.answer, place, self.pixel, self.log, self.histograms]
        for row in (first, place):
            row.layout.flex_flow = "row wrap"
        return widgets.VBox(rows, layout=widgets.Layout(width="100%"))

    def _view(self, place: int) -> View:
        pair, image = self._pairs[place], self.image.value
        ours, theirs = tensors.tensors(self.reference, self.deployed, pair, image)
        scale = tensors.scale_of(pair, ours, theirs)
        mended = pair.final and bool(self._active())
        if mended:
            theirs = matching.as_hwc(self._mended(), self.deployed.final, self.deployed.source, image)
        return View(
            image=image,
            pair=pair,
            reference=ours,
            deployed=theirs,
            scale=scale,
            channel=self.channel.value,
            mended=mended,
        )

    def _active(self) -> tuple[str, ...]:
        return tuple(family for family, switch in self.switches.items() if switch.value)

    def _mended(self) -> Tensor:
        image = self.image.value
        tensor = self.deployed.tensor(self.deployed.final.name, image)
        for family in self._active():
            tensor = self._mends[family](tensor, image)
        return tensor

    def _show_picture(self) -> None:
        """Fit the number boxes and channels to the chosen stage, then show everything."""
        view = self._view(self.stage.value)
        shown = view.reference if view.reference is not None else view.deployed
        stage = view.pair.reference or view.pair.deployed
        if shown is None or stage is None:
            raise InputError(f"the stage {view.pair.name} belongs to no side; capture both sides again")
        options = [("all", None), *[(channel_name(stage, place), place) for place in range(shown.shape[2])]]
        if list(self.channel.options) != options:
            self.channel.options = options
        for box, slider, size in (
            (self.row, self._row_slider, shown.shape[0]),
            (self.column, self._column_slider, shown.shape[1]),
        ):
            share = box.value / box.max if box.max else 0.5
            box.max = slider.max = size - 1
            box.value = round(share * (size - 1))
        self._show()

    def _show(self) -> None:
        view = self._view(self.stage.value)
        self.shots.value = panels.shots(view, click=_CLICK.format(number=self._number))
        self.histograms.value = panels.histograms(view, log=self.log.value)
        self._show_pixel()
        self._say("")
        self._show_answer()

    def _show_pixel(self) -> None:
        place = ((self.row.value + 0.5) / (self.row.max + 1), (self.column.value + 0.5) / (self.column.max + 1))
        rule = f"--skew-row:{place[0] * 100:.3f}%;--skew-column:{place[1] * 100:.3f}%"
        self._cross.value = f"<style>.skew-{self._number}-shots{{{rule}}}</style>"
        self.pixel.value = panels.pixel([self._view(n) for n in range(len(self._pairs))], place)

    def _show_answer(self) -> None:
        image, active = self.image.value, self._active()
        given: dict[str, NDArray[np.float64] | None] = {}
        for name, side in (("reference", self.reference), ("deployed", self.deployed)):
            if image in side.outputs:
                given[name] = np.asarray(side.outputs[image], dtype=np.float64)
        if self._model is not None and active:
            key = (image, *active)
            label = "deployed, mended"
            if key not in self._known:
                self.answer.value = panels.answers({**given, label: None}, self._classes)
                self._known[key] = np.asarray(self._model(self._mended()), dtype=np.float64).ravel()
            given[label] = self._known[key]
        self.answer.value = panels.answers(given, self._classes) if given else ""

    def _say(self, text: str) -> None:
        pair = self._pairs[self.stage.value]
        first = pair.reference is not None and pair.reference.name == self._first
        said = text or ("This is the first stage at which the sides differ." if first else "")
        if not text and pair.final and self._active():
            said = f"The deployed tensor is shown as it is after mending {', then '.join(self._active())}."
        self.note.value = f'<div class="skew skew-note" role="status">{html.escape(said)}</div>'

    def _on_image(self, change: Any) -> None:
        self._show_picture()

    def _on_stage(self, change: Any) -> None:
        self._show_picture()

    def _on_view(self, change: Any) -> None:
        self._show()

    def _on_log(self, change: Any) -> None:
        self.histograms.value = panels.histograms(self._view(self.stage.value), log=self.log.value)

    def _on_pixel(self, change: Any) -> None:
        self._show_pixel()

    def _on_mend(self, change: Any) -> None:
        last = len(self._pairs) - 1
        if self.stage.value != last:  # a mend acts on the final tensor, so that is what has to be seen
            self.stage.value = last
        else:
            self._show()

    def _on_upload(self, change: Any) -> None:
        if not self.upload.value or self._capture_both is None:
            return
        file = self.upload.value[0]
        self._say(f"Both sides preprocess {file['name']} …")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(file["name"]).name or "picture")
            path.write_bytes(bytes(file["content"]))
            try:
                ours, theirs = self._capture_both(path)
                self.reference, self.deployed = _joined(self.reference, ours), _joined(self.deployed, theirs)
            except SkewError as error:
                self._say(f"{file['name']} cannot be added: {error}")
                return
        self.image.options = list(self.reference.images)
        self.image.value = ours.images[0]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        drawn = self.static()
        parts = "".join(figure.html() for figure in drawn)
        note = '<p class="skew" style="font-size:13px">Run the notebook to choose picture, stage and channel.</p>'
        shown = self.widget._repr_mimebundle_()
        return {**shown, "text/html": parts + note, "image/png": drawn[0].png(dpi=110), "text/plain": drawn[0].alt}


def _joined(side: Capture, more: Capture) -> Capture:
    """Return a capture with the pictures of another one of the same stages added."""
    names = [stage.name for stage in side.stages]
    if [stage.name for stage in more.stages] != names:
        raise InputError(
            f"the new picture went through other stages than {', '.join(names)}; capture it with the same side"
        )
    known = set(more.images)
    images = (*(image for image in side.images if image not in known), *more.images)
    return replace(
        side,
        images=images,
        tensors={name: {**side.tensors[name], **more.tensors[name]} for name in names},
        outputs={**side.outputs, **more.outputs},
    )


def _labels(control: widgets.Dropdown) -> list[str]:
    return [str(option[0]) if isinstance(option, tuple) else str(option) for option in control.options]
