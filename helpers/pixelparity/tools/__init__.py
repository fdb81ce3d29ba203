"""What the command line, the gate and notebook 07 do with two sides: diagnose, repair, prove the repair, write files whole."""

from pixelparity.files import write_whole
from pixelparity.tools.looking import Look, diagnose, look, on_both
from pixelparity.tools.mending import Mended, repair
from pixelparity.tools.proposing import Proposal, propose

__all__ = ["Look", "Mended", "Proposal", "diagnose", "look", "on_both", "propose", "repair", "write_whole"]
