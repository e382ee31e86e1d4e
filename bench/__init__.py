"""Benchmarks, started by `./dev bench`: they print a table and write JSON.

Wherever possible a figure is a ratio within one run, so that it holds on any machine.
"""
