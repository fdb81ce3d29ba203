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

import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import matching
from helpers.diagnosis.comparing import channel_name
from helpers.diagnosis.results import Comparison, Diagnosis
from helpers.errors import InputError, SkewError
from helpers.stages import Capture, Tensor
from helpers.views import figures, panels, style, tensors
from helpers.views.controls import Controls, Screens, assemble
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
    given. Answers come from the captures' outputs, and from the ``model`` where there are none or a mend is on. With
    ``capture_both`` a picture of one's own can be added.
    """
    found = comparison or (diagnosis.comparison if diagnosis is not None else None)
    return Explorer(
        reference, deployed, found, diagnosis=diagnosis, model=model, mends=mends or {}, classes=tuple(classes),
        capture_both=capture_both,
    )  # fmt: skip


class Explorer:
    """What :func:`explore` returns: two captures, the controls, and the screens that they change."""

    def __init__(
        self,
        reference: Capture,
        deployed: Capture,
        comparison: Comparison | None,
        *,
        diagnosis: Diagnosis | None,
        model: Model | None,
        mends: Mapping[str, Mend],
        classes: tuple[str, ...],
        capture_both: CaptureBoth | None,
    ) -> None:
        matching.common_images(reference, deployed)
        self.reference, self.deployed = reference, deployed
        self._comparison, self._model, self._mends, self._classes = comparison, model, mends, classes
        self._first = None if comparison is None else comparison.first_divergence
        self._capture_both = capture_both
        self._pairs = tensors.pairs(reference, deployed)
        self._answers: dict[tuple[str, ...], NDArray[np.float64]] = {}
        self._mended_key: tuple[str, ...] = ()
        self._mended_tensor: Tensor = np.empty(0)
        number = next(_numbers)
        texts = {} if diagnosis is None else {cause.family: cause.text for cause in diagnosis.causes}
        labels = {family: texts.get(family, family) for family in mends}
        self.controls = Controls(reference.images, [pair.name for pair in self._pairs], labels, number=number)
        css = f"<style>{style.theme_css()}{TABLE_CSS}{panels.EXPLORER_CSS}</style>"
        self.screens = Screens(css, number=number)
        self._number = number
        self._listen()
        self.widget = assemble(self.controls, self.screens, upload=capture_both is not None)
        self._show_stage()

    def choose(self, *, image: str | None = None, stage: str | None = None, channel: str | None = None) -> None:
        """Set the controls, as a person would; each by the label that its list shows."""
        self.controls.choose(image=image, stage=stage, channel=channel)

    def static(self) -> tuple[Illustration, ...]:
        """Return what stands in the explorer's place where no kernel runs: the picture's strip, and the histograms."""
        image = self.controls.image.value
        strip = figures.tensor_strip(self.reference, self.deployed, image, first_divergence=self._first)
        if self._comparison is None:
            return (strip,)
        return strip, figures.stage_histograms(self._comparison)

    def _listen(self) -> None:
        moves: list[tuple[Any, Callable[[], None]]] = [
            (self.controls.image, self._show_stage),
            (self.controls.stage, self._show_stage),
            (self.controls.channel, self._show),
            (self.controls.log, self._show_histograms),
            (self.controls.row, self._show_pixel),
            (self.controls.column, self._show_pixel),
            (self.controls.upload, self._add),
            *[(switch, self._show_mend) for switch in self.controls.switches.values()],
        ]
        for control, show in moves:
            control.observe(lambda change, show=show: show(), "value")

    def _view(self, place: int) -> View:
        pair, image = self._pairs[place], self.controls.image.value
        ours, theirs = tensors.tensors(self.reference, self.deployed, pair, image)
        scale = tensors.scale_of(pair, ours, theirs)
        mended = pair.final and bool(self.controls.active())
        if mended:
            theirs = matching.as_hwc(self._mended(), self.deployed.final, self.deployed.source, image)
        channel = self.controls.chosen_channel()
        return View(
            image=image, pair=pair, reference=ours, deployed=theirs, scale=scale, channel=channel, mended=mended
        )

    def _final(self, side: Capture) -> Tensor:
        return side.tensor(side.final.name, self.controls.image.value)

    def _mended(self) -> Tensor:
        key = (self.controls.image.value, *self.controls.active())
        if key != self._mended_key:  # every part of the view asks for it, and undoing a resize takes its time
            tensor = self._final(self.deployed)
            for family in self.controls.active():
                tensor = self._mends[family](tensor, self.controls.image.value)
            self._mended_key, self._mended_tensor = key, tensor
        return self._mended_tensor

    def _show_stage(self) -> None:
        """Fit the controls to the chosen picture and stage, then show everything."""
        view = self._view(self.controls.stage.value)
        shown = view.reference if view.reference is not None else view.deployed
        stage = view.pair.reference or view.pair.deployed
        if shown is None or stage is None:
            raise InputError(f"the stage {view.pair.name} belongs to no side; capture both sides again")
        channels = [channel_name(stage, place) for place in range(shown.shape[2])]
        self.controls.fit((shown.shape[0], shown.shape[1]), channels)
        self._show()

    def _show_mend(self) -> None:
        last = len(self._pairs) - 1
        if self.controls.stage.value == last:
            self._show()
        else:  # a mend acts on the final tensor, so that is what has to be seen
            self.controls.stage.value = last

    def _show(self) -> None:
        view = self._view(self.controls.stage.value)
        self.screens.shots.value = panels.shots(view, click=self.controls.click)
        self._show_histograms()
        self._show_pixel()
        self._say(self._remark())
        self._show_answers()

    def _show_histograms(self) -> None:
        view = self._view(self.controls.stage.value)
        self.screens.histograms.value = panels.histograms(view, log=self.controls.log.value)

    def _show_pixel(self) -> None:
        place = self.controls.place()
        rule = f"--skew-row:{place[0] * 100:.3f}%;--skew-column:{place[1] * 100:.3f}%"
        self.screens.cross.value = f"<style>.skew-{self._number}-shots{{{rule}}}</style>"
        self.screens.pixel.value = panels.pixel([self._view(n) for n in range(len(self._pairs))], place)

    def _show_answers(self) -> None:
        """Show the answers that are known at once, the others marked as running until the model has given them."""
        wanted: dict[str, Callable[[], Tensor]] = {}
        for name, side in (("reference", self.reference), ("deployed", self.deployed)):
            image = self.controls.image.value
            if image in side.outputs:
                self._answers[(image, name)] = np.asarray(side.outputs[image], dtype=np.float64)
            wanted[name] = lambda side=side: self._final(side)  # type: ignore[misc]
        if self.controls.active():
            wanted["deployed, mended"] = self._mended
        for name, tensor in wanted.items():
            if self._model is not None and self._key(name) not in self._answers:
                self._show_bars(wanted)
                self._answers[self._key(name)] = np.asarray(self._model(tensor()), dtype=np.float64).ravel()
        self._show_bars(wanted)

    def _show_bars(self, wanted: Mapping[str, Any]) -> None:
        given = {name: self._answers.get(self._key(name)) for name in wanted}
        if self._model is None:
            given = {name: values for name, values in given.items() if values is not None}
        self.screens.answer.value = panels.answers(given, self._classes) if given else ""

    def _key(self, name: str) -> tuple[str, ...]:
        mends = self.controls.active() if name not in style.SIDES else ()
        return (self.controls.image.value, name, *mends)

    def _remark(self) -> str:
        pair = self._pairs[self.controls.stage.value]
        if pair.final and self.controls.active():
            return f"The deployed tensor is shown as it is after mending {', then '.join(self.controls.active())}."
        first = pair.reference is not None and pair.reference.name == self._first
        return "This is the first stage at which the sides differ." if first else ""

    def _say(self, text: str) -> None:
        self.screens.note.value = f'<div class="skew skew-note" role="status">{html.escape(text)}</div>'

    def _add(self) -> None:
        """Capture an uploaded picture on both sides, from a file that is gone afterwards, and show it."""
        if not self.controls.upload.value or self._capture_both is None:
            return
        file = self.controls.upload.value[0]
        self._say(f"Both sides preprocess {file['name']} …")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(file["name"]).name or "picture")
            path.write_bytes(bytes(file["content"]))
            try:
                ours, theirs = self._capture_both(path)
                joined = _joined(self.reference, ours), _joined(self.deployed, theirs)
            except SkewError as error:
                self._say(f"{file['name']} cannot be added: {error}")
                return
        self.reference, self.deployed = joined
        self._mended_key = ()
        self._answers = {key: values for key, values in self._answers.items() if key[0] not in ours.images}
        self.controls.image.options = list(self.reference.images)
        self.controls.image.value = ours.images[0]

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
            f"the picture went through other stages than {', '.join(names)}; capture it with the same side"
        )
    known = set(more.images)
    images = (*(image for image in side.images if image not in known), *more.images)
    return replace(
        side,
        images=images,
        tensors={name: {**side.tensors[name], **more.tensors[name]} for name in names},
        outputs={**side.outputs, **more.outputs},
    )
