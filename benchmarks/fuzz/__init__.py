"""Hostile and clumsy inputs for every format that is read: drawn with a seed, tried in processes of their own, counted."""
