"""What is asked of a likely decoder, where a side's own pictures are not at hand and the usual decoder's stand in."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults --situations pictures)"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """When a picture counts as blended by its transparency, and when another decoder's pictures are believed."""

    # pictures blended by their alpha channel
    unblended_min_share: float = number(
        0.9,
        "share of variance explained",
        f"a picture that was not blended explains this much of its tensor, whatever the kernel; {_BENCH}",
    )
    blended_min_misfit_ratio: float = number(
        4.0,
        "ratio to fit.kernel_max_misfit_levels",
        f"two levels at the default: a blended picture leaves several, one that is not less than half a level; {_BENCH}",
    )
    blended_min_edge_px: int = number(
        16, "px", f"four blocks of blended_block_px each way: fewer tell no transparency; {_BENCH}"
    )
    blended_block_px: int = number(
        4, "px", f"edge of the blocks whose means are compared: kernels hardly move a mean of 4 x 4 pixels; {_BENCH}"
    )
    # readings of a file
    reading_better_share: float = number(
        0.5, "share of the unexplained variance", "the usual reading stands unless another leaves clearly less"
    )
    inverted_reading_share: float = number(
        0.01,
        "share of the variance",
        "a reading that needs an inversion besides: another that explains as much needs none",
    )
    # likely decoders
    decoder_better_share: float = number(
        0.8, "share of what is left, in levels", f"another decoder's pictures may leave no more; {_BENCH}"
    )
    decoder_min_gain_levels: float = number(
        0.08,
        "levels, mean",
        f"and have to take away this much: a third of what one rounding leaves (0.25); {_BENCH}",
    )
    decoder_max_pictures: int = number(
        4,
        "pictures",
        "likely decoders are tried on those that are explained worst; speed: fewer make the mean less sure",
    )
