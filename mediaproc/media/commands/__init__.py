"""FFmpeg command lines, one module a purpose, as argument lists without the program name."""
