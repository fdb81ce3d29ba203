"""The postmortem of a deployment: one content, told as a page, as Markdown, for machines and for CI.

In reading order: ``facts`` (what people know), ``content`` (all that a postmortem says), ``elimination`` and ``costs`` (the words
and tables that a diagnosis gives), ``glossary``; ``page``, ``markdown``, ``values`` and ``junit`` write it.
"""
