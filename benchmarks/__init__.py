"""Figures as ratios within one run. Each `bench_*.py` is a script with a database of its own."""
