"""All figures of the workbook and the report, by name; each returns an ``Illustration`` with its text alternative."""

from pixelparity.views.flow import FlowStep, Rung, elimination_ladder, flow_diagram
from pixelparity.views.histograms import difference_histogram, stage_histograms
from pixelparity.views.illustration import Illustration
from pixelparity.views.outputs import activation_ranges, impact_bars, outputs_bar
from pixelparity.views.strips import tensor_strip
from pixelparity.views.table import Table, answers_table, diff_table, levels_table

__all__ = [
    "FlowStep",
    "Illustration",
    "Rung",
    "Table",
    "activation_ranges",
    "answers_table",
    "diff_table",
    "difference_histogram",
    "elimination_ladder",
    "flow_diagram",
    "impact_bars",
    "levels_table",
    "outputs_bar",
    "stage_histograms",
    "tensor_strip",
]
