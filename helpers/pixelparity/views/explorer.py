"""An explorer for a notebook: both sides' tensors, stage by stage and pixel by pixel, and what each mend changes.

It is made of plain widgets, so that it works in JupyterLab and in the classic notebook and with the keyboard alone. Where no
kernel runs (an exported page) two static figures stand in its place.
"""

from __future__ import annotations

import html
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import Comparison, Diagnosis, Mends, examine
from pixelparity.diagnosis.measure import matching
from pixelparity.diagnosis.measure.comparison import channel_name
from pixelparity.errors import SkewError
from pixelparity.stages import Capture, Tensor
from pixelparity.views import figures, panels, style, tensors
from pixelparity.views.controls import Controls, Screens, assemble
from pixelparity.views.illustration import Illustration
from pixelparity.views.mended import MendedSide, joined
from pixelparity.views.panels import View
from pixelparity.views.table import TABLE_CSS
from pixelparity.views.tensors import Pair

#: Takes a final tensor without a batch axis; returns the model's probabilities, shape (classes,).
Model = Callable[[Tensor], NDArray[Any]]
#: Takes the file of a picture; returns what both sides make of it.
CaptureBoth = Callable[[Path], tuple[Capture, Capture]]

#: Takes two captures of the same pictures; returns what mends the causes for which they differ.
MendsOf = Callable[[Capture, Capture], Mends]

_numbers = itertools.count(1)


def explore(
    reference: Capture,
    deployed: Capture,
    *,
    comparison: Comparison | None = None,
    diagnosis: Diagnosis | None = None,
    model: Model | None = None,
    mends: Mends | None = None,
    classes: Sequence[str] = (),
    capture_both: CaptureBoth | None = None,
    mends_of: MendsOf | None = None,
) -> Explorer:
    """Return an explorer of two captures of the same pictures; shown by a notebook as the last line of a cell.

    ``mends`` are those of :func:`pixelparity.diagnosis.examine`: a switch for each cause, for any of them at once. Answers come
    from the captures' outputs, and from the ``model`` where there are none or a mend is on. With ``capture_both`` a picture
    of one's own can be added; it is diagnosed together with the others, so that it can be mended too: by ``mends_of`` where the
    sides' recipes or decoded pictures are to be used.
    """
    found = comparison or (diagnosis.comparison if diagnosis is not None else None)
    return Explorer(
        reference, deployed, found, model=model, mends=mends, classes=tuple(classes), capture_both=capture_both,
        mends_of=mends_of or (lambda reference, deployed: examine(reference, deployed).mends),
    )  # fmt: skip


class Explorer:
    """What :func:`explore` returns: two captures, the controls, and the screens that they change."""

    def __init__(
        self,
        reference: Capture,
        deployed: Capture,
        comparison: Comparison | None,
        *,
        model: Model | None,
        mends: Mends | None,
        classes: tuple[str, ...],
        capture_both: CaptureBoth | None,
        mends_of: MendsOf,
    ) -> None:
        matching.common_images(reference, deployed)
        self.reference, self.deployed = reference, deployed
        self._mended = MendedSide(deployed, mends)
        self._comparison, self._model, self._classes = comparison, model, classes
        self._first = None if comparison is None else comparison.first_divergence
        self._capture_both, self._mends_of = capture_both, mends_of
        self._pairs = tensors.pairs(reference, deployed)
        # Of the captures as they were diagnosed: a picture that is added later is shown on the same range.
        self._scales = [tensors.scale_of(reference, deployed, pair) for pair in self._pairs]
        self._answers: dict[tuple[str, ...], NDArray[np.float64]] = {}
        number = next(_numbers)
        stages = [pair.name for pair in self._pairs]
        self.controls = Controls(reference.images, stages, self._mended.texts, number=number)
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
        ]
        for control, show in moves:
            control.observe(lambda change, show=show: show(), "value")
        for switch in self.controls.switches.values():
            switch.observe(lambda change: self._show_mend(change["new"]), "value")

    def _view(self, place: int) -> View:
        pair, image = self._pairs[place], self.controls.image.value
        reference_tensor, deployed_tensor = tensors.tensors(self.reference, self.deployed, pair, image)
        scale, lost = self._scales[place], False
        mended = pair.deployed is not None and bool(self._on())
        if mended:
            side = self._mended.capture(image, self._on())
            lost = self._lost(pair)
            deployed_tensor = None if lost else tensors.tensors(self.reference, side, pair, image)[1]
        channel = self.controls.chosen_channel()
        return View(
            image=image, pair=pair, reference=reference_tensor, deployed=deployed_tensor, scale=scale, channel=channel,
            mended=mended and self._changed(pair), lost=lost,
        )  # fmt: skip

    def _on(self) -> tuple[str, ...]:
        """Return the mends that are switched on and that the chosen picture has."""
        image = self.controls.image.value
        return tuple(label for label in self.controls.active() if self._mended.known(image, label))

    def _changed(self, pair: Pair) -> bool:
        """Say whether the mends that are on make another tensor of a stage."""
        image, stage = self.controls.image.value, pair.deployed
        if stage is None or not self._on():
            return False
        made = self._mended.capture(image, self._on()).tensors.get(stage.name, {})
        return made.get(image) is not self.deployed.tensors[stage.name][image]

    def _lost(self, pair: Pair) -> bool:
        """Say whether nothing tells what the mends that are on make of a deployed stage."""
        side = self._mended.capture(self.controls.image.value, self._on())
        return pair.deployed is not None and pair.deployed not in side.stages

    def _final(self, side: Capture) -> Tensor:
        return side.tensor(side.final.name, self.controls.image.value)

    def _show_stage(self) -> None:
        """Fit the controls to the chosen picture and stage, then show everything."""
        pair = self._pairs[self.controls.stage.value]
        both = tensors.tensors(self.reference, self.deployed, pair, self.controls.image.value)
        stage, shown = next(
            (s, t) for s, t in zip((pair.reference, pair.deployed), both, strict=True) if s and t is not None
        )
        channels = [channel_name(stage, place) for place in range(shown.shape[2])]
        self.controls.fit((shown.shape[0], shown.shape[1]), channels)
        self._show()

    def _show_mend(self, on: bool) -> None:
        last = len(self._pairs) - 1
        here = self.controls.stage.value
        if here == last or not on or self._changed(self._pairs[here]):
            self._show()
        else:  # this stage lies before all that is mended: what changes has to be seen
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
        if self._on():
            wanted["deployed, mended"] = lambda: self._final(
                self._mended.capture(self.controls.image.value, self._on())
            )
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
        mends = self._on() if name not in style.SIDES else ()
        return (self.controls.image.value, name, *mends)

    def _remark(self) -> str:
        pair, on = self._pairs[self.controls.stage.value], self._on()
        lacking = [label for label in self.controls.active() if label not in on]
        said = [f"Not found on this picture, so not mended: {', '.join(lacking)}."] if lacking else []
        if on and self._lost(pair):
            said.append("What the mends make of this stage is not known; the last one shows it.")
        elif on and self._changed(pair):
            said.append(f"The deployed side is shown as it is with {_listed(on)} mended.")
            idle = self._mended.idle(self.controls.image.value, on)
            said += (
                [f"On this picture {_listed(idle)} {'make' if len(idle) > 1 else 'makes'} no difference."]
                if idle
                else []
            )
        elif on and pair.deployed is not None:
            said.append(f"This stage lies before what is mended ({_listed(on)}); it stays as it was captured.")
        elif pair.reference is not None and pair.reference.name == self._first:
            said.append("This is the first stage at which the sides differ.")
        return " ".join(said)

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
                reference, deployed = self._capture_both(path)
                both = joined(self.reference, reference), joined(self.deployed, deployed)
                mends = self._examined(*both, reference.images)
            except SkewError as error:
                self._say(f"{file['name']} cannot be added: {error}")
                return
        self.reference, self.deployed = both
        self._mended.add(self.deployed, mends, reference.images)
        self._answers = {key: values for key, values in self._answers.items() if key[0] not in reference.images}
        self.controls.image.options = list(self.reference.images)
        self.controls.image.value = reference.images[0]
        self._show_stage()  # a name that was chosen already is no change to the list

    def _examined(self, reference: Capture, deployed: Capture, new: tuple[str, ...]) -> Mends | None:
        """Return what mends new pictures, diagnosed together with those that can be mended already."""
        if not self._mended.images:
            return None
        self._say("The causes are looked for on the new picture …")
        images = (*(image for image in self._mended.images if image not in new), *new)
        return self._mends_of(reference.only(images=images), deployed.only(images=images))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:  # noqa: ARG002 - IPython's names
        drawn = self.static()
        parts = "".join(figure.html() for figure in drawn)
        note = '<p class="skew" style="font-size:13px">Run the notebook to choose picture, stage and channel.</p>'
        shown = self.widget._repr_mimebundle_()
        return {**shown, "text/html": parts + note, "image/png": drawn[0].png(dpi=110), "text/plain": drawn[0].alt}


def _listed(labels: Sequence[str]) -> str:
    """Return names as a person lists them: ``a, b and c``."""
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
