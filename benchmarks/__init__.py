"""How often the right cause is named, and how fast.

``python -m benchmarks.faults`` runs the test-bed. In reading order: ``pictures`` draws what both sides are shown,
``bases`` holds the reference sides in numpy, OpenCV and Pillow with the deployed ``plan`` that equals each, ``serving`` runs a
plan as a DALI pipeline, ``inject`` holds the faults, ``cases``, ``controls``, ``combinations`` and ``incidents`` what is run,
``scoring`` judges the answers, ``speed`` measures time and memory, ``faults`` ties them together. ``margin`` stands apart:
it trains the workbook's model under other seeds and on other instruction sets, and measures how sure its answers are.

Nothing here knows how the diagnosis works. Injection and diagnosis share the names of the families and nothing else.
"""
