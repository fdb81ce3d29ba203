"""The families of faults, one module per family or close group: what each is called, and how it is found, named and undone.

``registry`` holds the table and ``looks`` what is asked in which order. Importing this package imports every module in its
folder, and each enters what it is the home of. ``python -m pixelparity.diagnosis.families docs/families.md`` writes the table
into the document.
"""

import importlib
import pkgutil

from pixelparity.diagnosis.families.registry import Family, every, names, of

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    if _module != "__main__":  # a command
        importlib.import_module(f"{__name__}.{_module}")

#: The public names of causes.
FAMILIES = names()

__all__ = ["FAMILIES", "Family", "every", "names", "of"]
