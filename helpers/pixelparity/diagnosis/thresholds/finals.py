"""What is asked of a cause that is told from final tensors alone."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on python -m benchmarks.faults --situations tensors"
_R2 = "share of variance explained"
_SPEED = "speed: fewer say the same less surely"


@dataclass(frozen=True, kw_only=True)
class Finals:
    """How the deployed tensors are laid over the reference's, and the shares that undoing a cause has to remove."""

    # shares of the difference that undoing a cause removes, by what undoing cannot bring back
    undo_share: float = number(0.4, "share of the difference", f"a cause that can be undone whole: {_BENCH}")
    moved_undo_share: float = number(
        0.04, "share of the difference", f"resampling once more blurs what was moved: {_BENCH}"
    )
    filtered_undo_share: float = number(
        0.08, "share of the difference", f"what a filter took does not come back: {_BENCH}"
    )
    # where the reference's content lies in the deployed tensors
    in_place_min_share: float = number(
        0.9, _R2, f"less, and the content is looked for at any place and size; as fit.explained_fair_share; {_BENCH}"
    )
    still_max_px: float = number(
        1.6,
        "px",
        "up to it a picture lies where the reference has it: what is left is measured as a displacement, for resampling it"
        f" back would blur; above a pixel of rounding and half a pixel of another grid; {_BENCH}",
    )
    nudge_better_share: float = number(
        0.7, "share of unexplained variance", f"a turned picture is moved by a pixel where that leaves less; {_BENCH}"
    )
    border_colour_gap_share: float = number(
        1e-4, "share of the tensors' range", "a fortieth of a level of 255: borders of one colour are equal within it"
    )
    place_points: int = number(40, "points per axis", f"as fit.grid_points; {_SPEED}")
    likeness_points: int = number(
        32, "points per axis", f"between fit.coarse_grid_points and fit.grid_points; {_SPEED}"
    )
    placed_good_share: float = number(0.97, _R2, f"as fit.place_good_share: the picture is not moved; {_BENCH}")
    found_min_share: float = number(0.6, _R2, f"less, and a picture is found nowhere; {_BENCH}")
    found_min_images_share: float = number(
        0.5, "share of the images", f"half of them have to be found for places to be taken; {_BENCH}"
    )
    found_median_min_share: float = number(0.7, f"{_R2}, median", f"and have to be explained this well; {_BENCH}")
    near_good_share: float = number(
        0.9, _R2, f"a place near the first guess that explains this much: the zoom search is left out; {_BENCH}"
    )
    inner_min_edge_px: int = number(
        16, "px", f"as fit.refine_min_edge_px: a smaller content within a border is not searched in; {_BENCH}"
    )
    sound_max_gap_share: float = number(
        0.25, _R2, f"an image that lies further behind the best is odd, and not estimated on; {_BENCH}"
    )
    certain_min_share: float = number(0.9, _R2, f"images found this surely tell the rule of places; {_BENCH}")
    own_place_min_share: float = number(0.75, _R2, f"less, and an image is put where the others' rule has it; {_BENCH}")
    # channels and constants, on averages over blocks
    block_px: int = number(
        8, "px", f"edge of the blocks: what resampling does hardly moves a mean of 8 x 8 pixels; {_BENCH}"
    )
    block_free_min_share: float = number(
        0.999, "share of a block's 64 values", "all of them: none at an extreme, where it may be cut off"
    )
    blocks_free_min_share: float = number(
        0.1, "share of the blocks", f"fewer free blocks than that, and all are taken; {_BENCH}"
    )
    block_variance_offset: float = number(
        4.0,
        "levels squared",
        f"added to a block's variance before its inverse weighs it, lest flat ones rule; {_BENCH}",
    )
    block_colour_slack_levels: float = number(
        0.6,
        "levels, mean",
        f"as model.colour_slack_levels, three times that: blocks of resampled pictures differ by more; {_BENCH}",
    )
    odd_image_min_residual_levels: float = number(
        0.8, "levels, mean", f"a map suits an image that it leaves less on, of its block means; {_BENCH}"
    )
    usual_near_share: float = number(
        0.03, "share of a gain, and of 255 levels", f"a rough fit may stand for usual constants within it; {_BENCH}"
    )
    usual_same_share: float = number(
        0.006,
        "share of a gain, and of 255 levels",
        f"twice model.constants_fit_share: one image's blocks say less; {_BENCH}",
    )
    mix_up_room_levels: float = number(
        1.5, "levels", f"whole numbers on the way through luma and chroma shift a channel by up to a level; {_BENCH}"
    )
    mix_up_better_share: float = number(
        0.85, "share of what constants leave", f"a mix-up of luma and chroma has to leave less; {_BENCH}"
    )
    mix_up_min_gain_levels: float = number(0.1, "levels, mean", f"and to take away this much; {_BENCH}")
    mix_up_max_ratio: float = number(
        1.3, "ratio to what any map leaves", f"and to be nearly as good as a map with free entries; {_BENCH}"
    )
    mix_up_slack_levels: float = number(0.15, "levels, mean", f"added to it, for rounding on the way; {_BENCH}")
    # the reference's own constants, by the lattice of its values
    pixel_reach_levels: float = number(
        40.0, "levels beyond 0 and 255", f"constants that put a pixel further out cannot be; {_BENCH}"
    )
    pixel_min_range_levels: float = number(
        12.0, "levels", f"constants that leave pixels less range cannot be: photographs have more; {_BENCH}"
    )
    lattice_weight: float = number(
        4.0, "cost per level off the lattice", "off a lattice the mean distance is 0.25: it then costs 1"
    )
    outside_weight: float = number(
        10.0, "cost per share of values", f"values that are no byte: a tenth costs 1; {_BENCH}"
    )
    declared_weight: float = number(
        4.0, "cost per share of the declared range", f"ends that are a quarter off cost 1, the most they can; {_BENCH}"
    )
    narrow_range_levels: float = number(
        128.0, "levels", f"pixels that use less than half of the 255 cost up to 1; {_BENCH}"
    )
    # whether the sides can be compared, and what is looked at
    alike_min_share: float = number(0.55, f"{_R2} (median image)", f"less, and nothing is named: {_BENCH}")
    looked_at_images: int = number(12, "pictures", "enough for spectra and for means")
    quiet_share: float = number(
        0.25, "share of noise.quiet_levels", f"undoing gives back a part only of what is named: {_BENCH}"
    )
    # constants that brightness tells where the colour planes differ
    loud_levels: float = number(
        2.0, "levels, mean", "resampling alone rarely leaves more; docs/noise.md has its figures"
    )
    brightness_max_share: float = number(
        0.4, "share of the difference", f"brightness agrees though the colours do not: {_BENCH}"
    )
    brightness_max_levels: float = number(2.5, "levels, mean", f"and by itself no further than this: {_BENCH}")
    constants_share: float = number(
        0.006, "share of a constant", f"a fitted constant is one with a name within it: {_BENCH}"
    )
    constants_yuv_share: float = number(
        0.01, "share of a constant", f"the same where luma and chroma are mixed up: {_BENCH}"
    )
    # another size
    zoom_min_px: float = number(
        0.05, "px over the picture", "less is no other size: a twentieth of a pixel at the far edge"
    )
    zoom_even_share: float = number(0.012, "ratio of both zooms - 1", f"rows and columns are zoomed alike: {_BENCH}")
    zoom_constant_share: float = number(0.015, "spread over the mean zoom", f"all pictures are zoomed alike: {_BENCH}")
    cut_max_share: float = number(
        0.95, "share of the content's edge", f"less is shown inside a border: it was cut before: {_BENCH}"
    )
