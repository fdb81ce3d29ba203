"""Values read in another layout than they were written in."""

from __future__ import annotations

from dataclasses import replace

from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="layout",
        title="The layout is misread",
        words="the bytes of HWC read as CHW",
        differs="values read in another layout than they were written in",
        with_stages="the mistake is undone before anything else",
        from_finals="yes",
        steps=("layout", "normalize", "other"),
    ),
)

_WORDS = {
    "hwc_read_as_chw": "HWC values are read as CHW (reshaped, not transposed): every value is there, in the wrong place",
    "chw_read_as_hwc": "CHW values are read as HWC (reshaped, not transposed): every value is there, in the wrong place",
    "transposed": "height and width are exchanged",
    "rows_read_as_columns": "columns are read as rows: the strides are lost",
}


@looks.VALUES.look(ahead_of=("colour_range.mixed_up",))
def scrambled(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name values that one side reads in another layout than they were written in."""
    if reference.layout_error == deployed.layout_error:
        return []
    what = deployed.layout_error or reference.layout_error
    fix = "images = fn.transpose(images, perm=[2, 0, 1])  # HWC to CHW: transpose, never reshape"
    if reference.layout_error:
        fix = (
            f"# lay the values out as the training does, whose own layout is mistaken: {_WORDS[reference.layout_error]}"
        )
    return [
        Finding(
            family="layout",
            parameters={
                "permutation": what,
                "reference": reference.layout_error or "right",
                "deployed": deployed.layout_error or "right",
            },
            text=_WORDS[what],
            fix=fix,
            mend=lambda chain: replace(chain, layout_error=reference.layout_error),
            steps=("layout", "normalize", "other"),
        )
    ]


def transposed(reference: SideModel) -> Finding:
    """Name height and width exchanged on every picture."""
    return Finding(
        family="layout",
        parameters={"permutation": "transposed"},
        text="height and width are exchanged: every picture lies on its side, mirrored",
        fix="images = fn.transpose(images, perm=[2, 0, 1])  # HWC to CHW: height before width",
        mend=lambda chain: replace(chain, placements=reference.placements),
        steps=("layout", "other"),
    )
