"""What would be right for any pair of sides, and the words for it where there is nothing that could be repaired."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis import Diagnosis
from pixelparity.errors import SkewError
from pixelparity.tools import looking, mending
from pixelparity.tools.looking import Images
from pixelparity.tools.pipelines import REPAIRABLE

_OWN_CODE = "is code of its own, which is not rewritten here"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What would be right. ``shown`` is for a person: a change, a whole pipeline, or why there is neither.

    ``after`` is the diagnosis of what was written, ``None`` where nothing was. ``command`` does on the command line what was
    done here and more; it is empty where no command could.
    """

    shown: str
    after: Diagnosis | None = None
    command: str = ""

    @property
    def verdict(self) -> str:
        """Return what the diagnosis of the proposal says, in a word or two."""
        return self.after.verdict if self.after else "nothing to diagnose: no pipeline was written"


def propose(reference: str, deployed: str, images: Images, *, pictures: str = "PICTURES") -> Proposal:
    """Return the repair of a deployed pipeline; of any other side, the reference's recipe as a DALI pipeline.

    A side that is no pipeline (``python:``, ``tensors:``) cannot be edited. Where the reference declares a recipe, the DALI
    pipeline that does the same is written, run and diagnosed against the reference; where it does not, the diagnosis'
    own mends are all there is, and that is said. ``pictures`` is the folder's name in the command.
    """
    reference_side, deployed_side = looking.parse(reference, deployed)
    if deployed_side.kind in REPAIRABLE:
        command = (
            f"pixelparity repair --reference {reference} --deployed {deployed} --images {pictures} --verify embedded"
        )
        try:
            mended = mending.repair(reference, deployed, images)
        except SkewError as error:
            return Proposal(shown=f"{deployed_side} could not be repaired: {error}")
        return Proposal(shown=mended.shown, after=mended.after, command=command)
    if not reference_side.has_recipe:
        return Proposal(
            shown=f"{deployed_side} {_OWN_CODE}, and {reference_side} declares no recipe that a pipeline could be written "
            "from: change the code by the mends that are named with the causes above, then run this again"
        )
    command = f"pixelparity repair --reference {reference} --images {pictures}"
    try:
        written = mending.repair(reference, None, images)
    except SkewError as error:
        return Proposal(shown=f"{deployed_side} {_OWN_CODE}; {reference_side} as DALI: {error}")
    said = f"# {deployed_side} {_OWN_CODE}. This is what {reference_side} does, as a DALI pipeline:"
    return Proposal(shown=f"{said}\n{written.shown}", after=written.after, command=command)
