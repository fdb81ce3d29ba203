"""How well an estimate has to explain the tensors before it is believed: place, kernel, rule, values."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults)"
_R2 = "share of variance explained"
_SPEED = "speed: fewer say the same less surely"
_WHOLE = "float64: a product such as 333 * (256 / 333) falls a hair short of the whole number it stands for"


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Thresholds of the estimators, by module."""

    # registration
    registration_stop_px: float = number(0.005, "px", f"a step that changes nothing that is told later; {_SPEED}")
    registration_max_step_px: float = number(
        3.0, "px", "the gradient of a picture averaged over 3 x 3 pixels says nothing beyond"
    )
    registration_noise_factor: float = number(
        9.0, "ratio of variances", "averaging over 3 x 3 pixels makes neighbours share their noise"
    )
    registration_ridge_share: float = number(1e-9, "share of the trace", "float32 sums: a flat axis moves by nothing")
    search_edge_px: int = number(40, "px", f"size to which pictures are averaged down before zooms are tried; {_SPEED}")
    search_min_rows: int = number(
        8, "rows of the reduced picture", f"a fifth of search_edge_px has to overlap; {_BENCH}"
    )
    search_min_pixels: int = number(
        100, "pixels of the reduced picture", f"a tenth of the overlap there can be; {_BENCH}"
    )
    search_min_zoom: float = number(0.3, "ratio", "the usual deployments zoom by 0.5 to 2; a reserve on top")
    search_max_zoom: float = number(3.0, "ratio", "as search_min_zoom")
    search_zooms: int = number(61, "zooms per axis", "steps of 3.9 %: half a step is within reach of the refinement")
    refine_min_edge_px: int = number(16, "px", f"a smaller overlap says nothing to parts of a pixel; {_BENCH}")
    refine_stop_px: float = number(0.02, "px", f"a third of whole_max_px; {_SPEED}")
    whole_max_px: float = number(
        0.06, "px", f"a stretch or shift below it is estimation error, and means whole pixels; {_BENCH}"
    )
    shift_reach_px: int = number(12, "px", f"further apart, a window differs and not a shift; {_BENCH}")
    # locate
    grid_points: int = number(40, "points per axis", f"{_SPEED}; pixels of a sparse grid are exact where they are")
    coarse_grid_points: int = number(24, "points per axis", f"for the many first candidates; {_SPEED}")
    place_good_share: float = number(
        0.97, _R2, f"another place leaves more than 3 % of a picture with detail; {_BENCH}"
    )
    place_better_share: float = number(
        1e-4, _R2, "a good plain place is kept unless another is better by more than rounding"
    )
    place_exact_share: float = number(
        0.99999, _R2, "a place without resampling that explains all: nothing else is tried"
    )
    place_step_share: float = number(1e-6, _R2, "a move by a pixel has to gain more than float32 sums differ by")
    place_settled_share: float = number(0.999999, _R2, "nothing is left to gain by moving on")
    settle_rounds: int = number(24, "moves", f"the first candidate is within a few pixels; {_SPEED}")
    nudge_rounds: int = number(6, "moves of each edge", f"the registration is within a few pixels; {_SPEED}")
    turned_min_share: float = number(0.75, _R2, f"a turned picture has to explain this much; {_BENCH}")
    turned_gain_share: float = number(0.15, _R2, f"and as much more than the upright one, which is usual; {_BENCH}")
    region_min_share: float = number(0.5, "squared correlation", f"below it the zoom search found nothing; {_BENCH}")
    region_gain_share: float = number(
        0.3, "share of what the whole picture leaves", f"a part of the picture has to explain it; {_BENCH}"
    )
    size_hair_px: float = number(1e-6, "px", _WHOLE)
    # kernels
    kernel_max_misfit_levels: float = number(
        0.5, "levels, mean", "one rounding leaves 0.25, Pillow's two leave 0.4: right geometry and kernel are below"
    )
    place_certain_misfit_levels: float = number(
        0.3, "levels, mean", "little more than one rounding (0.25): no other place can be right"
    )
    kernel_better_share: float = number(
        0.97, "share of the misfit", f"a later, rarer kernel has to leave less; {_BENCH}"
    )
    kernel_hopeless_ratio: float = number(
        3.0, "ratio of misfits", f"on two pictures, beside kernel_max_misfit_levels: not tried on the others; {_SPEED}"
    )
    region_better_share: float = number(
        0.8, "share of the misfit", f"a centred part cut out first is nearly the short edge's exact scale; {_BENCH}"
    )
    region_equal_share: float = number(
        1.02, "share of the misfit", f"where pictures do not tell the two apart, the hint decides; {_BENCH}"
    )
    scale_better_share: float = number(0.8, "share of the misfit", f"exact scales have to leave less; {_BENCH}")
    scale_min_misfit_levels: float = number(0.25, "levels, mean", "what one rounding leaves: below it nothing is told")
    # resize rules and edits of a placement
    usual_edge_multiple: int = number(
        4, "px", "edges that people choose: of the sizes in use only a few are no multiple"
    )
    anchor_min_gap_px: int = number(2, "px", "up to it, centre, start and end are within a pixel of each other")
    region_whole_px: float = number(0.5, "px", "the ends of a placement meet a picture's edges within half a pixel")
    # values
    rounding_residual_levels: float = number(
        0.45,
        "levels, mean",
        "one rounding or truncation leaves 0.25 about a fit, Pillow's two 0.4: above it something else happened",
    )
    rounding_min_samples: int = number(800, "samples per picture", "three times the 256 levels that bytes have")
    bent_max_residual_share: float = number(
        0.35, "share of the residual", f"signed bytes or clipping have to explain most of it; {_BENCH}"
    )
    clip_min_samples: int = number(200, "samples", f"values between the extremes that a map is fitted on; {_BENCH}")
    clip_same_levels: float = number(
        6.0, "levels", "ends of the channels of one clip, as a line tells them that blended pixels mislead: 4 were seen"
    )
    clip_edge_share: float = number(1e-6, "share of the range", "float32: a clipped value is at the extreme within it")
    early_min_gain_levels: float = number(
        0.02, "levels, mean", "where nothing is resampled, before and after the resize are the same up to float32"
    )
    exponent_same_log: float = number(
        0.02, "natural log of an exponent", "2.2 and 2.4, the nearest of those in use, are 0.087 apart"
    )
    divided_max_values_share: float = number(
        0.6, "share of the source's values", "a division by 2, the least there is, leaves half of them"
    )
    cast_max_values: int = number(
        24, "different values", "a cast of a normalised picture leaves about 5 whole numbers, of a scaled one 2"
    )
    cast_min_equal_share: float = number(0.97, "share of values", f"equal to the cast's, borders aside; {_BENCH}")
    half_max_whole_share: float = number(0.5, "share of values", "whole numbers are float16 values by nature")
    half_max_gap_steps: float = number(
        0.05,
        "steps of float16, mean",
        "by chance it is a quarter of a step: below, the map itself yields float16 values",
    )
    half_probe_points: int = number(12, "points per axis", f"values that are looked at for it; {_SPEED}")
    half_min_values: int = number(2, "differences of values", "two values lie on even steps always")
    half_max_even_steps: float = number(
        2048.0, "steps", "the 11 bits of float16's significand: a lattice that coarse needs no rounding to be its own"
    )
    half_even_slack_steps: float = number(
        0.01, "steps", "float32 keeps even steps to a thousandth; float16 moves those of x / 255 by up to an eighth"
    )
    half_probe_images: int = number(4, "images", f"targets that are looked at for float16; {_SPEED}")
    pixel_unit_min: float = number(
        0.4, "units of the source per level", "below it the source is no picture 0..255 any more"
    )
    pixel_unit_max: float = number(2.5, "units of the source per level", "as pixel_unit_min: the inverse")
    unchanged_gain_share: float = number(0.002, "share of a gain", f"error of a fit on float values; {_BENCH}")
    unchanged_offset_levels: float = number(0.3, "levels", f"little more than one rounding (0.25); {_BENCH}")
    # spectra
    spectrum_gain_log: float = number(0.08, "natural log of the gain", f"spread of measured about theory; {_BENCH}")
    spectrum_coherence: float = number(0.06, "coherence", f"spread of measured about theory; {_BENCH}")
    spectrum_outlier_cost: float = number(
        25.0,
        "squared deviations",
        "five deviations: beyond, a bin (a texture, the compression's blocks) counts no more",
    )
    spectrum_noise_ratio: float = number(
        6.0, "ratio of powers", f"signal over rounding noise that earns trust; {_BENCH}"
    )
    spectrum_trust_offset: float = number(0.3, "share", f"bins below 1.8 times the noise have no say; {_BENCH}")
    # identify
    probes: int = number(6, "images", f"kernel and place are searched on these; {_SPEED}")
    probe_min_range_levels: float = number(8.0, "levels", "a picture of less range tells no place")
    score_quantile: float = number(0.75, "quantile of the probes", "a quarter of the probes may lie at no usual place")
    explained_min_share: float = number(0.5, _R2, f"less, and the side does something that has no model here; {_BENCH}")
    explained_good_share: float = number(0.97, _R2, f"as place_good_share: nothing else is tried; {_BENCH}")
    explained_fair_share: float = number(0.9, _R2, f"less, and layout mistakes and signed bytes are tried; {_BENCH}")
    layout_min_share: float = number(
        0.95, _R2, f"a layout mistake scrambles all: undone, nearly all is explained; {_BENCH}"
    )
    hint_max_misfit_share: float = number(
        0.8, "share of kernel_max_misfit_levels", f"the other side's model holds here too; {_BENCH}"
    )
    rule_slack: float = number(
        1.5, "ratio of what is unexplained", "one pixel off shows at once: a place by rule is as close as the probes"
    )
    flat_min_images: int = number(3, "images", "two unknowns per channel, and one image to contradict them")
    flat_min_spread_levels: float = number(4.0, "levels, standard deviation", "ten times a rounding")
    same_constant_share: float = number(
        1e-6, "share of a constant", "ten roundings of float32: channels share the constant"
    )
    relation_stride_px: int = number(3, "px", f"tensors are compared at every third row and column; {_SPEED}")
    relation_max_roundings: float = number(
        4.0, "roundings of float32", "divide, subtract and divide: one each, and one spare"
    )
    relation_min_range_slacks: float = number(
        5000.0, "slacks", "of a tensor's range: a slack is then at most 0.05 levels, less than a resize is apart"
    )
    filter_min_edge_px: int = number(
        13,
        "px",
        "beyond four times the filter's reach of 3: a smaller picture has few pixels that the edge does not touch",
    )
