"""`make bench`: every benchmark, one after the other, each in a process of its own."""

import subprocess
import sys

BENCHES = (
    *("loading", "infotext", "painting", "encoding", "quality"),
    *("provenance", "catalog", "audit", "review", "orchestration", "privacy", "moderation"),
)

if __name__ == "__main__":
    for name in BENCHES:
        print(f"\n== python -m bench.{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
