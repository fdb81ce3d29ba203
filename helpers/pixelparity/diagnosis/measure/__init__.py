"""Measure two tensors against each other: differences, moments, histograms, the noise floor, and which stages belong together."""
