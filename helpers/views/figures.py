"""All figures of the workbook and the report, by name; each returns an ``Illustration`` with its text alternative."""

from helpers.views.flow import FlowStep, Rung, elimination_ladder, flow_diagram
from helpers.views.histograms import difference_histogram, stage_histograms
from helpers.views.illustration import Illustration
from helpers.views.outputs import activation_ranges, impact_bars, outputs_bar
from helpers.views.strips import tensor_strip
from helpers.views.table import Table, diff_table, levels_table

__all__ = [
    "FlowStep",
    "Illustration",
    "Rung",
    "Table",
    "activation_ranges",
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
