"""What model outputs alone show: symptoms with the questions to ask next, and the few causes that lie behind the tensors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.results import Cause, Evidence, Symptom
from pixelparity.stages import Capture

register(
    Family(
        name="postprocess",
        title="The outputs are treated otherwise",
        words="softmax missing or done twice, or classes in another order",
        differs="what happens to equal outputs",
        with_stages="outputs of both sides",
        from_finals="outputs of both sides",
        steps=("output",),
        declared=False,
        elsewhere="it lies behind the model: mend the code that reads the model's outputs",
    ),
    Family(
        name="engine_numerics",
        title="The engine computes otherwise",
        words="the inputs are equal, the engine computes otherwise",
        differs="equal inputs, other outputs",
        with_stages="outputs of both sides",
        from_finals="outputs of both sides",
        steps=("output",),
        declared=False,
        elsewhere="it lies in the engine: compare precision and plug-ins layer by layer",
    ),
)

Array = NDArray[Any]
_INPUT = "What is the numeric range of the input tensor: 0 to 255, 0 to 1, or normalised?"


def of(deployed: Capture, reference: Capture | None = None) -> tuple[Symptom, ...]:
    """Return the symptoms in a side's outputs; with the reference's outputs, also those that need a comparison."""
    names = [i for i in deployed.images if i in deployed.outputs]
    if not names:
        return ()
    outputs = stacked(deployed, names)
    if not np.isfinite(outputs).all():
        return (_nan(outputs),)
    found = [_constant(outputs), _saturated(outputs), _flat(outputs)]
    if reference is not None and all(i in reference.outputs for i in names):
        found.append(_swapped(stacked(reference, names), outputs))
    return tuple(symptom for symptom in found if symptom is not None)


def stacked(capture: Capture, names: Sequence[str]) -> Array:
    """Return outputs, shape (images, classes), float64."""
    return np.stack([np.asarray(capture.outputs[i], dtype=np.float64).reshape(-1) for i in names])


def is_probability(outputs: Array) -> bool:
    """Say whether every row is a distribution: none below 0, summing to 1."""
    at = thresholds.now().outputs
    above = (outputs >= -at.probability_slack).all()
    return bool(above and np.allclose(outputs.sum(1), 1, atol=at.probability_sum_slack))


def softmax(outputs: Array) -> Array:
    """Return softmax over classes, shape (n, classes)."""
    shifted = np.exp(outputs - outputs.max(1, keepdims=True))
    shares: Array = shifted / shifted.sum(1, keepdims=True)
    return shares


def _nan(outputs: Array) -> Symptom:
    share = float(np.mean(~np.isfinite(outputs).all(1)))
    return Symptom(
        name="nan",
        text=f"the outputs hold NaN or infinity for {share:.0%} of the pictures",
        ask=(
            _INPUT,
            "Does the engine run in half precision, and do its activations overflow 65504?",
            "Is a standard deviation of 0 divided by?",
        ),
    )


def _constant(outputs: Array) -> Symptom | None:
    classes = outputs.argmax(1)
    if len(outputs) < thresholds.now().outputs.constant_min_images or len(set(classes.tolist())) > 1:
        return None
    return Symptom(
        name="constant_class",
        text=f"all {len(outputs)} pictures get class {int(classes[0])}",
        ask=(
            _INPUT,
            "Do all pictures really belong to that class?",
            "Does the engine answer rightly when it is fed the training side's tensor?",
        ),
    )


def _saturated(outputs: Array) -> Symptom | None:
    if len(outputs) < 2 or not is_probability(outputs):
        return None
    if outputs.max(1).min() < thresholds.now().outputs.saturated_min_probability:
        return None
    return Symptom(
        name="saturated_softmax",
        text=f"every probability is 0 or 1 (the least sure answer has {outputs.max(1).min():.4f})",
        ask=(_INPUT, "How large are the logits? Thousands mean that the input is far too large."),
    )


def _flat(outputs: Array) -> Symptom | None:
    """Recognise a softmax of probabilities: no entry can then exceed e times another."""
    count = outputs.shape[1]
    if count < 2 or not is_probability(outputs):
        return None
    highest = np.e / (np.e + count - 1)
    inner = np.log(np.maximum(outputs, 1e-300))
    inner = inner - inner.min(1, keepdims=True)
    spread = inner.max(1)
    # Softmax of a distribution p has log-ratios p_i - p_j: they lie within 1, and with the smallest p near 0 they sum to 1.
    at = thresholds.now().outputs
    if outputs.max() > highest + at.probability_slack or (spread > 1 + at.log_ratio_slack).any():
        return None
    if not np.allclose(inner.sum(1), 1, atol=at.twice_sum_slack):
        return None
    return Symptom(
        name="softmax_of_softmax",
        text=f"no probability exceeds {outputs.max():.3f}, and all look like a softmax of probabilities",
        ask=("Does the model end in a softmax already?", "Does the client or the server apply another one?"),
    )


def _swapped(wanted: Array, given: Array) -> Symptom | None:
    order = class_order(wanted, given)
    if order is None or order == tuple(range(wanted.shape[1])):
        return None
    return Symptom(
        name="swapped_classes",
        text=f"the outputs equal the reference's with the classes in the order {list(order[:10])}",
        ask=("Which file gives the class names, and in which order?", "Did training sort the folders by name?"),
    )


def class_order(wanted: Array, given: Array) -> tuple[int, ...] | None:
    """Return the order of classes in which ``given`` equals ``wanted``, or nothing: ``given[:, k] == wanted[:, order[k]]``."""
    if wanted.shape != given.shape:
        return None
    at = thresholds.now().outputs
    if np.allclose(wanted, given, atol=at.same_max_gap):
        return tuple(range(wanted.shape[1]))
    gaps = np.abs(given[:, :, None] - wanted[:, None, :]).max(0)
    order = tuple(int(i) for i in gaps.argmin(1))
    if sorted(order) != list(range(len(order))) and len(order) <= at.permuted_max_classes:
        order = min(permutations(range(len(order))), key=lambda o: sum(gaps[k, j] for k, j in enumerate(o)))
    if sorted(order) != list(range(len(order))) or gaps[np.arange(len(order)), list(order)].max() > at.same_max_gap:
        return None
    return order


def causes(reference: Capture, deployed: Capture, *, matches: bool) -> tuple[Cause, ...]:
    """Name what differs behind equal inputs: post-processing that is a known function of the reference's outputs, or the engine.

    While the inputs differ, outputs differ for a reason: then only the form of the deployed ones is judged.
    """
    names = [i for i in reference.images if i in reference.outputs and i in deployed.outputs]
    if not names:
        return ()
    wanted, given = stacked(reference, names), stacked(deployed, names)
    near = thresholds.now().outputs.same_max_gap
    if wanted.shape != given.shape or np.allclose(wanted, given, atol=near) or not np.isfinite(given).all():
        return ()
    if not matches:
        return _by_form(wanted, given)
    for what, made, back in _functions(wanted, given):
        gap = float(np.abs(made - given).mean())
        before = float(np.abs(wanted - given).mean())
        if np.abs(made - given).max() <= near:
            return (_cause("postprocess", {"what": what}, before, gap, len(names), back[0], back[1]),)
    before = float(np.abs(wanted - given).mean())
    text = "the inputs are equal and the outputs differ: precision, a plug-in, or the conversion of the model"
    fix = "# run the engine on the reference's tensors and compare layer by layer (polygraphy run --onnxrt --trt)"
    return (
        _cause(
            "engine_numerics",
            {"max_difference": float(np.abs(wanted - given).max())},
            before,
            before,
            len(names),
            text,
            fix,
        ),
    )


_TWICE = ("the softmax is applied twice", "# remove one of the two softmax layers")
_MISSING = ("the softmax is missing: outputs are logits", "# apply softmax once, after the model")


def _by_form(wanted: Array, given: Array) -> tuple[Cause, ...]:
    """Name a softmax too many or too few by the form of the outputs alone, however the inputs differ.

    Undoing it must bring back enough of how sure the reference is: probabilities are compared in falling order, and no more than
    ``form_max_left_share`` of their difference may be left.
    """
    if not np.isfinite(wanted).all() or not is_probability(wanted):
        return ()
    if is_probability(given):
        if not _inner_form(given) or _inner_form(wanted):
            return ()
        logs = np.log(np.maximum(given, 1e-300))
        undone, what, words = logs + (1 - logs.sum(1, keepdims=True)) / given.shape[1], "softmax_twice", _TWICE
    else:
        undone, what, words = softmax(given), "softmax_missing", _MISSING
    before, after = (float(np.abs(np.sort(side) - np.sort(wanted)).mean()) for side in (given, undone))
    if after > thresholds.now().outputs.form_max_left_share * before:
        return ()
    return (_cause("postprocess", {"what": what}, before, after, len(given), *words),)


def _inner_form(outputs: Array) -> bool:
    """Say whether every row may be the softmax of a distribution that has a class of next to nothing."""
    logs = np.log(np.maximum(outputs, 1e-300))
    logs = logs - logs.min(1, keepdims=True)  # p - min(p), which sum to 1 - n min(p)
    at, total = thresholds.now().outputs, logs.sum(1)
    within = (total <= at.twice_max_sum) & (total >= at.twice_min_sum)
    return bool((logs.max(1) <= 1 + at.log_ratio_slack).all() and within.all())


def _functions(wanted: Array, given: Array) -> list[tuple[str, Array, tuple[str, str]]]:
    out: list[tuple[str, Array, tuple[str, str]]] = []
    order = class_order(wanted, given)
    if order is not None:
        text = f"the class names are in another order: {list(order[:10])}"
        out.append(("class_order", wanted[:, list(order)], (text, "# use the class order of the checkpoint")))
    extra = ("a softmax is applied that the training side does not have", "# compare logits with logits")
    if is_probability(wanted):
        out.append(("softmax_twice", softmax(wanted), _TWICE))
        if not is_probability(given):
            logits = given - given.max(1, keepdims=True)
            same = np.allclose(softmax(given), wanted, atol=thresholds.now().outputs.same_max_gap)
            back = given if same else logits + np.inf
            out.append(("softmax_missing", back, _MISSING))
    else:
        out.append(("softmax_added", softmax(wanted), extra))
    return out


def _cause(
    family: str, parameters: dict[str, Any], before: float, after: float, images: int, text: str, fix: str
) -> Cause:
    removed = float(np.clip(1 - after / before, 0, 1)) if before > 0 else 0.0
    return Cause(
        family=family,
        stage="outputs",
        parameters=parameters,
        confidence=0.95 if family == "postprocess" else 0.6,
        evidence=Evidence(undone=family, before=before, after=after, removed=removed, images=images),
        fix=fix,
        text=text,
    )
