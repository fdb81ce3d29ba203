"""Write the incident's postmortem from what a run of the notebooks has found."""

from __future__ import annotations

import datetime
import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import __version__
from pixelparity.deploy.places import ROOT
from pixelparity.workbook.deployment import Deployment
from pixelparity.workbook.records import kept, read_result
from pixelparity.workbook.shows import ensemble_steps, source_difference

FACTS = Path(__file__).with_name("incident.toml")


def write(folder: Path) -> Path:
    """Write the incident's postmortem into a run's folder, in all its forms, and return the page.

    It is made from the run's ``result.json``, what its notebooks kept, and ``incident.toml``.
    """
    from pixelparity import views
    from pixelparity.deploy import pipelines
    from pixelparity.tools import provenance
    from pixelparity.views.postmortem import facts, of_incident, writing
    from pixelparity.views.postmortem.content import Provenance

    result, deployment = read_result(folder), Deployment()
    diagnosis = _from_the_top(kept("diagnosis", folder))
    shipped, fixed, parity = pipelines.preprocess_shipped, pipelines.preprocess_fixed, pipelines.preprocess_parity
    content = of_incident.postmortem(
        result=result,
        diagnosis=diagnosis,
        ladder=kept("ladder", folder),
        facts=facts.read(FACTS),
        figures=_figures(result, deployment, diagnosis, folder),
        mend_diff=source_difference(shipped, fixed),
        parity_diff=source_difference(shipped, parity),
        checklist=views.checklist.fill(*kept("recipes", folder)),
        gate=_gate(),
        provenance=Provenance(
            command="make workbook", tool=f"pixelparity {__version__}", commit=provenance.commit(ROOT),
            machine=provenance.machine(), hashes=_hashes(deployment),
        ),
        dated=datetime.date.today(),
    )  # fmt: skip
    return writing.write(folder, content)


def _figures(result: Mapping[str, Any], deployment: Deployment, diagnosis: Any, folder: Path) -> dict[str, list[Any]]:
    """Draw the figures, by their place in the report."""
    from pixelparity import sources, views
    from pixelparity.diagnosis import compare

    shipped = sources.dali.capture(deployment.pipelines["preprocess_shipped"], deployment.field)
    names = list(deployment.field)
    answers = {variant: _answers(result[variant], names) for variant in ("as_shipped", "fixed", "parity")}
    reference = np.stack([deployment.reference_answers[name] for name in names])
    first = diagnosis.first_divergence
    comparison = compare(deployment.reference_capture, shipped)
    before = {"as shipped": answers["as_shipped"], "reference": reference}
    after = {
        "as shipped": answers["as_shipped"],
        "fixed": answers["fixed"],
        "parity": answers["parity"],
        "reference": reference,
    }
    return {
        "symptom": [views.outputs_bar(before, deployment.classes, images=names)],
        "elimination": [views.flow_diagram(ensemble_steps("classifier_shipped"), guilty="preprocess_shipped")],
        "evidence": [
            views.stage_histograms(comparison),
            views.tensor_strip(deployment.reference_capture, shipped, names[0], first_divergence=first),
            views.activation_ranges(*kept("activations", folder)),
            views.impact_bars(diagnosis.causes),
        ],
        "verification": [
            views.outputs_bar(after, deployment.classes, images=names),
            views.difference_histogram(kept("levels", folder)),
        ],
    }


def _from_the_top(diagnosis: Any) -> Any:
    """Return the diagnosis with both sides named as seen from the top of the checkout, not from the notebooks' folder."""
    return replace(
        diagnosis, reference=diagnosis.reference.replace("../", ""), deployed=diagnosis.deployed.replace("../", "")
    )


def _answers(section: Mapping[str, Any], names: list[str]) -> NDArray[np.float32]:
    return np.array([section["probabilities"][name] for name in names], np.float32)


def _gate() -> str:
    from pixelparity.deploy import pipelines, training

    source = Path(inspect.getfile(pipelines)).relative_to(ROOT)
    config = training.CONFIG.relative_to(ROOT)
    sides = f"--reference mmpretrain:{config} \\\n    --deployed dali:{source}:preprocess_parity"
    return f"pixelparity pictures --out pictures\npixelparity diagnose {sides} --images pictures"


def _hashes(deployment: Deployment) -> dict[str, str]:
    """Return the SHA-256 of the checkpoint, the exported model, each pipeline, and of all field pictures together."""
    files = {"checkpoint": deployment.checkpoint, "engine input (ONNX)": deployment.onnx, **deployment.pipelines}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    together = hashlib.sha256()
    for name in sorted(deployment.field):
        together.update(deployment.field[name].read_bytes())
    return hashes | {f"{len(deployment.field)} field pictures": together.hexdigest()}
