"""Speed and memory as a user meets them. Never a test: `python -m benchmarks` prints a table and writes it."""
