"""Whether recipes compute what their libraries do: each library's own output on drawn pictures against the recipe's simulation.

``python -m benchmarks.sources`` (``make bench-sources``) takes every library that is installed and says of the others how to
install them. ``cases`` holds what is declared, in each library's own words; ``libraries`` runs these words, in an interpreter of
its own, which needs the library, numpy and Pillow and nothing of this project; ``simulating`` computes a recipe step by step;
``running`` brings the two together. ``--python timm=PATH`` names another interpreter for a library.
"""
