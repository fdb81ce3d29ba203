"""What the notebooks share; it ties the other rooms together, as the command line does.

``deployment`` is the incident's deployment, built and cached; ``example`` is another one, to practise on; ``answers`` sorts
and scores what models say; ``records`` keeps what a run has found; ``shows`` prints sources and tables; ``runner`` runs the
notebooks in order and writes the postmortem.
"""

from pixelparity.workbook.answers import finals, levels, one_by_one, only, recorded_answers, score, stack
from pixelparity.workbook.deployment import Answers, Deployment, ask, stop
from pixelparity.workbook.records import keep, kept, read_result, record, run_folder, versions
from pixelparity.workbook.shows import ensemble_steps, installed, show_difference, show_source

__all__ = [
    "Answers", "Deployment", "ask", "ensemble_steps", "finals", "installed", "keep", "kept", "levels",
    "one_by_one", "only", "read_result", "record", "recorded_answers", "run_folder", "score", "show_difference",
    "show_source", "stack", "stop", "versions",
]  # fmt: skip
