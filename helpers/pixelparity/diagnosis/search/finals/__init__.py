"""Explain the deployed side from final tensors alone."""
