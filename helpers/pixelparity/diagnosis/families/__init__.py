"""The families of faults: how each is found between two fitted sides, named, put into words and undone."""
