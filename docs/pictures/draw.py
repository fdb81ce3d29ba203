"""Draw the README's pictures anew from the last run: ``python docs/pictures/draw.py`` after ``make workbook``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import explorer  # the file beside this one
import numpy as np

from pixelparity import diagnosis, sources, views, workbook

HERE = Path(__file__).parent
VARIANTS = {"as_shipped": "as shipped", "fixed": "fixed", "parity": "parity"}


def draw(run: Path) -> list[Path]:
    """Write outputs.svg, histograms.svg and tensors.svg beside this file, and return their paths."""
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    deployment = workbook.Deployment()
    names = list(deployment.field)
    answers = {
        title: np.array([result[key]["probabilities"][name] for name in names]) for key, title in VARIANTS.items()
    }
    answers["reference"] = np.array([deployment.reference_answers[name] for name in names])
    reference = deployment.reference_capture
    deployed = sources.dali.capture(deployment.pipelines["preprocess_shipped"], deployment.field)
    comparison = diagnosis.compare(reference, deployed)
    first = comparison.first_divergence
    pictures = {
        "outputs": views.outputs_bar(answers, deployment.classes, images=names),
        "histograms": views.stage_histograms(comparison),
        "tensors": views.tensor_strip(reference, deployed, names[0], first_divergence=first),
    }
    return [picture.save(HERE / f"{name}.svg") for name, picture in pictures.items()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("reports/latest"), help="folder of a run (reports/latest)")
    for path in draw(parser.parse_args().run):
        print(path)
    print(explorer.take(HERE / "explorer.png"))
