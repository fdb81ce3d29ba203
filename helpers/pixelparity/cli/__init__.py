"""The command line: ``pixelparity COMMAND``, one file per command; :mod:`.main` is the parser, the errors and the exit codes."""
