"""How long the code location takes to load, beside a bare `import dagster`: `python -m bench.loading`."""

import statistics
import subprocess
import sys
import time

LINES = {
    "import dagster": "import dagster",
    "code location": "from pipelines.definitions import definitions; definitions()",
    "import diffusers pipeline (not loaded)": "from diffusers import StableDiffusionPipeline",
}


def seconds(line: str, rounds: int = 5) -> float:
    """Median wall seconds of a fresh interpreter running the line."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", line], check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    bare = seconds(LINES["import dagster"])
    for name, line in LINES.items():
        took = seconds(line)
        print(f"{name:42} {took:5.2f} s   {took / bare:4.1f} x import dagster")
