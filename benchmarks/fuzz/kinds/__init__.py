"""What is drawn of each format: one file per format, each with its attempts."""
