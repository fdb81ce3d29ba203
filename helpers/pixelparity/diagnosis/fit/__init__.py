"""Fit the model of a side to its tensors: find the placement, the kernel, the resize rule and the value map."""
