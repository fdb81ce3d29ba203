"""Find, name and mend every difference between how a vision model was trained to see pictures and how it is served.

Read the modules in this order:

1. ``errors``     every way in which something can go wrong, drawn as one tree
2. ``stages``     preprocessing as it happened: the tensor after every stage of every image
3. ``recipes``    preprocessing as declared: an ordered list of typed steps, and what two recipes differ in
4. ``sources``    where recipes and captures come from, one outside library per file
5. ``diagnosis``  numpy only: compare two captures, name the causes, say what each costs
6. ``repair``     recipes written as pipelines, edits of a pipeline's text, the smallest repair
7. ``deploy``     the deployment that the workbook takes apart: data, training, engine, pipelines, server
8. ``views``      figures, the explorer, the checklist and the postmortem report
9. ``cli``        the command line, one file per command

Importing this package imports nothing heavy; each heavy library is imported by the one file that needs it.
"""

__version__ = "0.2.0"
