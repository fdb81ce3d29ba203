"""What the command line, the gate and notebook 07 do with two sides: diagnose, repair, prove the repair, write files whole."""

from pixelparity.files import write_whole
from pixelparity.tools.looking import Look, diagnose, look, on_both
from pixelparity.tools.mending import Mended, repair

__all__ = ["Look", "Mended", "diagnose", "look", "on_both", "repair", "write_whole"]
