"""What a difference has to look like to be called by a family's name, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults)"
_TENSORS = "chosen on the fault bench (python -m benchmarks.faults --situations tensors)"
_PICTURES = "chosen on the fault bench (python -m benchmarks.faults --situations stages)"
_IMAGES = "share of the images"
_LEFT = "share of the difference that stays"


@dataclass(frozen=True, kw_only=True)
class Families:
    """When a difference between two chains, two decoded pictures or two final tensors is one of a family."""

    # maps of values: scale, statistics, colour_range
    form_same_share: float = number(
        0.004, "share of a constant", f"a map is x, x / 255, x - mean or (x - 127.5) / 127.5 within it; {_BENCH}"
    )
    gain_same_share: float = number(
        0.01, "share of a constant", f"gains of a step left out, or done twice, agree within it; {_BENCH}"
    )
    mean_same_share: float = number(0.003, "share of a mean", f"a mean is kept where a deviation is not; {_BENCH}")
    mean_zero_max: float = number(
        0.002, "of 0 to 1", "half a level of 255: a mean that is left out is fitted to within it"
    )
    mean_min: float = number(0.01, "of 0 to 1", f"2.5 levels: a smaller mean cannot be seen to be left out; {_BENCH}")
    unit_statistics_min: float = number(
        0.05, "of 0 to 1", "means and deviations of photographs in 0..1 are larger; reasoned"
    )
    unit_std_max: float = number(
        0.9, "of 0 to 1", "and deviations smaller: 0.5 is the most that values in 0..1 can have"
    )
    own_gain_spread_share: float = number(
        0.02, "spread over the mean gain", f"one gain per picture leaves less between its channels; {_BENCH}"
    )
    constants_alike_share: float = number(
        0.002,
        "share of a constant",
        f"as model.constants_same_share, of maps fitted on the same pixels: their errors are alike; {_BENCH}",
    )
    constants_alike_max_levels: float = number(
        0.5, "levels, mean", f"a side that is explained less well has errors of its own; {_BENCH}"
    )
    studio_slope_share: float = number(
        0.015, "share of a slope", "219 / 255 and 255 / 219 lie 14 and 16 % from 1: a tenth of that"
    )
    studio_offset_levels: float = number(2.5, "levels", "of an offset of 16 or -18.6: a seventh of that; reasoned")
    matrix_same_share: float = number(
        0.01, "share of the largest entry", f"two full matrices agree within it: a fit's error; {_BENCH}"
    )
    # channel_order
    swapped_min_correlation: float = number(
        0.5, "correlation of red minus blue, negative", f"exchanged colours have -1, equal ones 1; {_PICTURES}"
    )
    # alpha_gray: grey
    grey_rows_gap_share: float = number(
        0.03, "share of the largest entry", f"a map that makes one value of all channels is grey; {_BENCH}"
    )
    grey_weights_gap: float = number(
        0.01, "difference of weights that sum to 1", f"BT.601 and BT.709 differ by 0.13; {_BENCH}"
    )
    window_same_share: float = number(
        0.004, "share of a window", "a level of 256: bounds are known as well as the values between them"
    )
    grey_max_gap_levels: float = number(
        1.5, "levels", "equal channels differ by the rounding of decoders, one level at most"
    )
    coloured_min_gap_levels: float = number(8.0, "levels", f"some pixel of a coloured picture shows more; {_PICTURES}")
    # alpha_gray: blended
    blend_min_reach_levels: float = number(
        24.0, "levels from the background", f"nearer values hardly move, and rounding hides their share; {_BENCH}"
    )
    blend_max_share: float = number(
        1.08, "share of the way that stays", f"blending moves nothing away from the background; noise: {_BENCH}"
    )
    blend_veiled_share: float = number(0.9, "share of the way that stays", f"a pixel is veiled below it; {_BENCH}")
    blend_min_pixels_share: float = number(0.02, "share of the pixels", f"veiled pixels of a blended picture; {_BENCH}")
    blend_max_apart_levels: float = number(
        2.5, "levels, mean", f"all channels move the same share of the way, to within rounding and resampling; {_BENCH}"
    )
    blend_min_levels: float = number(1.5, "levels, mean", f"tensors that differ less are not asked; {_TENSORS}")
    share_min_reach_levels: float = number(
        4.0, "levels from the background", f"nearer, a share cannot be read and the pixel counts as veiled; {_TENSORS}"
    )
    # decoded pictures: colour_range, jpeg_chroma
    decoded_still_levels: float = number(0.1, "levels, mean", "as noise.decode_mean_levels: decoders of one kind")
    colour_min_pixels: int = number(100, "pixels", "four unknowns per channel and their noise; reasoned")
    stretch_max_left_levels: float = number(
        0.7, "levels, mean", f"one slope and offset leave what rounding twice does, and less; {_PICTURES}"
    )
    slope_min: float = number(0.02, "difference from 1 or between channels", f"less is no stretch; {_PICTURES}")
    matrix_max_left_share: float = number(0.4, _LEFT, f"another YUV matrix explains most of it; {_PICTURES}")
    chroma_max_brightness_share: float = number(
        0.5, "share of the difference", f"brightness differs by less than half of what the colours do; {_BENCH}"
    )
    chroma_min_levels: float = number(
        0.25, "levels, mean", "as noise.resize_mean_levels: less is the rounding of two resizes"
    )
    # recompression
    recompressed_max_share: float = number(
        0.4,
        "share of the difference",
        "a JPEG done again at its own quality leaves nothing, with full colour planes or by another library up to a quarter",
    )
    # exif_orientation
    turned_min_gain: float = number(0.05, "correlation", f"another code has to be better by it; {_PICTURES}")
    turned_min_correlation: float = number(
        0.5, "correlation", f"and pictures turned back have to be alike at all; {_PICTURES}"
    )
    upright_good_correlation: float = number(0.9, "correlation", f"no other code is tried then; {_PICTURES}")
    edges_min: int = number(16, "differences of blocks", "fewer tell no correlation; brightness does then; reasoned")
    edges_min_levels: float = number(
        0.5, "levels, standard deviation", "a picture of less has no edges: rounding alone makes 0.3"
    )
    flat_max_levels: float = number(1e-9, "levels, standard deviation", "float64 keeps 16 digits: one value throughout")
    # padding
    border_colour_gap_levels: float = number(
        0.6, "levels", "two borders are one colour within rounding: half a level, and the fit's error"
    )
    border_unmapped_share: float = number(
        1e-3, "share of the largest channel, or of 1", f"a border has a pixel's own value within it; {_BENCH}"
    )
    border_same_share: float = number(
        0.001,
        "share of what 255 levels are worth",
        f"two borders are one value within it: a quarter of a level; {_BENCH}",
    )
    # rounding and subpixel, from final tensors: displacements
    still_max_px: float = number(0.05, "px", f"less is no displacement, and not said; {_TENSORS}")
    moved_min_errors: float = number(5.0, "standard errors", f"and it has to be this sure; {_TENSORS}")
    moved_min_edge_px: int = number(24, "px", "gradients of a smaller content tell little; three blocks of 8; reasoned")
    moved_max_left_share: float = number(0.93, _LEFT, f"undoing a displacement of many images; {_TENSORS}")
    moved_min_images_share: float = number(0.45, _IMAGES, f"many: nearly half are moved; {_TENSORS}")
    moved_few_max_left_share: float = number(0.7, _LEFT, f"undoing a displacement of few images; {_TENSORS}")
    moved_few_min_px: float = number(0.3, "px", f"and each of few has to be moved this far; {_TENSORS}")
    grown_min_px: float = number(0.08, "px from edge to edge", f"a stretch that is none, as still_max_px; {_TENSORS}")
    grid_min_images_share: float = number(0.6, _IMAGES, f"moved on both axes alike, as a grid does; {_TENSORS}")
    corner_max_px: float = number(
        0.62, "px", "pixel corners lie half a pixel from centres; the measurement's error on top"
    )
    offset_min_px: float = number(0.85, "px", "an offset is a whole pixel off; the measurement's error below it")
    size_min_px: float = number(0.3, "px", "a size that is a pixel off moves a centred picture by half of one")
    rounded_min_images_share: float = number(0.5, _IMAGES, f"of those moved, for a rounding; {_TENSORS}")
    size_min_growth_px: float = number(
        0.42, "px from edge to edge", f"every image is stretched more by a size that is a pixel off; {_TENSORS}"
    )
    whole_pixel_min_px: float = number(0.5, "px", "what rounds to a whole pixel")
    # dtype, from final tensors: steps of one level
    step_min_levels: float = number(0.6, "levels", f"more than rounding moves a value, 0.5 at most; {_TENSORS}")
    cut_quantile: float = number(0.995, "quantile of the differences", f"a few values may differ by more; {_TENSORS}")
    cut_max_levels: float = number(
        1.05, "levels", "cutting off moves by less than one level; float32 arithmetic on top"
    )
    cut_min_share: float = number(0.2, "share of the values", f"are a step apart, of half that could be; {_TENSORS}")
    cut_max_other_share: float = number(0.2, "share of the steps", f"go the other way; {_TENSORS}")
    cut_image_min_share: float = number(
        0.3, "share of the typical step", f"an image with less was not resampled, and has no fractions; {_TENSORS}"
    )
    fractions_min_levels: float = number(
        0.12, "levels, mean", "distance from whole levels: half of the 0.25 that even fractions have"
    )
    whole_max_levels: float = number(
        0.03, "levels, mean", f"distance from whole levels of a side that rounds; {_TENSORS}"
    )
    round_quantile: float = number(0.98, "quantile of the differences", f"a few values may differ by more; {_TENSORS}")
    round_max_levels: float = number(1.1, "levels", f"rounding moves by half a level, resizes by as much; {_TENSORS}")
    # constants as they are written
    written_exact_share: float = number(
        2e-6, "share of a divisor, and of 255 levels", "ten roundings of float32: what a line between tensors tells"
    )
    written_exact_chance: float = number(0.01, "probability", "numbers so round by chance, of exactly known constants")
    written_fit_share: float = number(
        5e-4, "share of a divisor, and of 255 levels", f"error of constants fitted through a resize; {_BENCH}"
    )
    written_fit_chance: float = number(
        0.1, "probability", "as written_exact_chance, of constants fitted through a resize"
    )
    # interpolation and antialias, from final tensors: spectra
    spectrum_min_trust: float = number(3.0, "bins, by their trust", f"fewer above the noise tell no kernel; {_TENSORS}")
    spectral_max_misfit: float = number(
        6.0, "misfit of a spectrum", f"above it no pair of kernels is believed; {_TENSORS}"
    )
    switch_share: float = number(
        0.93,
        "share of the misfit",
        f"another kernel has to fit as much better than antialias switched, the likelier mistake; {_TENSORS}",
    )
    spectral_alike_misfit: float = number(
        0.05, "misfit of a spectrum", "equal kernels explain it: gains within 1 %, coherences too"
    )
    spectral_better_share: float = number(
        0.7, "share of the misfit of equal kernels", f"two kernels have to leave less; {_TENSORS}"
    )
