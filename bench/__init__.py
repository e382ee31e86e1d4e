"""Figures, where it can be ratios within one run, printed as a table and written as JSON. `./dev bench` runs them."""
