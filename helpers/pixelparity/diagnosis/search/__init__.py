"""Find the causes: propose from stages, pictures or final tensors, measure each on pictures held out, keep what holds."""
