"""Media: knowledge about video as tables and pure functions. Opens no file and starts no process."""
