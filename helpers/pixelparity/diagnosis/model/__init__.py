"""What one side does, as a model that can be run again and changed: placement, resampling, colours, layouts, constants."""
