"""The command line for people and scripts. It knows only the client; importing it is quick."""
