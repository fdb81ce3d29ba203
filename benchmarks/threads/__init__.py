"""The public threads that are replayed, by what they are about; ``benchmarks.incidents`` makes cases of them."""
