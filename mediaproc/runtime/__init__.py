"""Runtime: FFmpeg binaries, the sandbox around a child process, and supervisord. Used in production too."""
