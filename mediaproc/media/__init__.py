"""What is known about video, as tables and pure functions: nothing here opens a file or starts a process."""
