"""Recipes written out as pipelines, edits of a pipeline's text, the smallest repair. Text only: nothing here runs it."""
