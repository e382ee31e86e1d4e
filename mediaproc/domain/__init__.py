"""Domain: tables, states, pure transitions and the error tree."""
