"""What Mediaproc speaks of: tables, states, pure transitions and the one error tree."""
