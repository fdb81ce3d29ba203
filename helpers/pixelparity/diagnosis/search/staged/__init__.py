"""Explain the deployed side from captured stages, or from the decoded pictures that both sides start from."""
