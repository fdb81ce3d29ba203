"""Find, name and mend every difference between how a vision model was trained to see pictures and how it is served.

Read the modules in this order:

1. ``errors``     every way in which something can go wrong, drawn as one tree
2. ``recipe``     preprocessing as declared: an ordered list of typed steps
3. ``stages``     preprocessing as it happened: the tensor after every stage of every image
4. ``sources``    where recipes and captures come from, one outside library per file
5. ``diagnosis``  numpy only: compare two captures, name the causes, write the mend
6. ``deploy``     the deployment that the workbook takes apart: data, training, engine, pipelines, server
7. ``views``      figures, the explorer, the checklist and the postmortem report
8. ``__main__``   the command line

Importing this package imports nothing heavy; each heavy library is imported by the one file that needs it.
"""

__version__ = "0.2.0"
