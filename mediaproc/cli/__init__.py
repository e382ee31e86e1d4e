"""Command line of the client. It uses only `mediaproc.client`, and imports it when a command runs, to start fast."""
