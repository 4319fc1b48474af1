"""What the second implementations of metrics share: running `score`, and comparing."""
import json
import math
import subprocess
import sys


def score(program, *arguments):
    """The parsed JSON of `score ARGUMENTS --json`."""
    run = subprocess.run([program, *map(str, arguments), "--json", "--quiet"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"score {' '.join(map(str, arguments))}: exit code {run.returncode}: {run.stderr}")
    return json.loads(run.stdout)


class Comparison:
    """Counts numbers and keeps the largest difference; any beyond `limit` ends the program."""

    def __init__(self, name, limit):
        self.name, self.limit, self.count, self.worst = name, limit, 0, 0.0

    def __call__(self, what, expected, got):
        if expected is None or got is None:
            difference = 0.0 if expected is None and got is None else math.inf
        else:
            difference = abs(expected - got)
        self.count += 1
        self.worst = max(self.worst, difference)
        if not difference <= self.limit:
            sys.exit(f"{self.name}: {what}: expected {expected}, got {got}")

    def done(self, at_least):
        if self.count < at_least:
            sys.exit(f"{self.name}: only {self.count} numbers were compared")
        print(f"{self.name}: {self.count} numbers, largest difference {self.worst:.1e}")
