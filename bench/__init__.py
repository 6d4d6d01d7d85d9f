"""Benchmarks: measured side by side in one run, recorded in README.md with their commands.

Never timed tests.
"""
