"""Keep what holds on pictures that it was not estimated on, and say what each cause costs."""
