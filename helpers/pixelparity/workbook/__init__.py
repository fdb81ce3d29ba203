"""What the notebooks share; it ties the other rooms together, as the command line does.

``deployment`` is the incident's deployment, built and cached; ``example`` is another one, to practise on; ``answers`` sorts
and scores what models say; ``records`` keeps what a run has found; ``shows`` prints sources and tables; ``copies`` lays the
notebooks out to be worked in; ``runner`` runs the notebooks in order and writes the postmortem.
"""

from pixelparity.workbook.answers import (
    counted,
    finals,
    in_words,
    levels,
    one_by_one,
    only,
    record_scores,
    score,
    shipped,
    stack,
)
from pixelparity.workbook.asking import ask, stop
from pixelparity.workbook.deployment import Answers, Deployment
from pixelparity.workbook.records import keep, kept, read_result, record, run_folder, versions
from pixelparity.workbook.shows import ensemble_steps, installed, show_difference, show_source

__all__ = [
    "Answers", "Deployment", "ask", "counted", "ensemble_steps", "finals", "in_words", "installed", "keep", "kept",
    "levels", "one_by_one", "only", "read_result", "record", "record_scores", "run_folder", "score", "shipped",
    "show_difference", "show_source", "stack", "stop", "versions",
]  # fmt: skip
