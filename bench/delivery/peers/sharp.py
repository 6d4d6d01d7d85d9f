"""sharp 0.35 as an encoder: one Node process that makes sets on demand and says what CPU they cost it.

As kind to sharp as we know how: one thread (its own threads only add CPU), the PNG decoded once, each width
resized once, every format encoded from those raw pixels.
"""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench.delivery.installing import SHARP, folder, node, program
from bench.delivery.processes import end
from bench.delivery.stacks import Made, Plan, Stack

SCRIPT = """
import { createInterface } from "node:readline";
import sharp from "sharp";
sharp.concurrency(1);
sharp.cache(false);
async function made({ png, plan, effort }) {
  const files = [];
  const options = { resolveWithObject: true };
  const source = await sharp(Buffer.from(png, "base64")).raw().toBuffer(options);
  const resized = {};
  for (const [width, format, quality] of plan) {
    resized[width] ??= await sharp(source.data, { raw: source.info }).resize(width).raw().toBuffer(options);
    const choice = { quality };
    if (format === "avif") choice.chromaSubsampling = "4:2:0";
    if (format === "avif" && effort !== null) choice.effort = effort;
    const { data, info } = resized[width];
    files.push(await sharp(data, { raw: info }).toFormat(format, choice).toBuffer());
  }
  return files;
}
for await (const line of createInterface({ input: process.stdin })) {
  const wish = JSON.parse(line);
  const cpu = process.cpuUsage(), began = performance.now();
  const files = await made(wish);
  const spent = process.cpuUsage(cpu), wall = performance.now() - began;
  const cost = { cpu: (spent.user + spent.system) / 1000, wall };
  console.log(JSON.stringify({ ...cost, files: files.map((f) => f.toString("base64")) }));
}
"""


@contextmanager
def running(efforts: dict[str, int | None]) -> Iterator[list[Stack]]:
    """A stack for each name and effort (AVIF's; None is sharp's default, 4). Raises Absent."""
    home = node("sharp", SHARP, {"sets.mjs": SCRIPT})
    command = [program("node", "nodejs"), str(home / "sets.mjs")]
    with (folder() / "sharp.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    try:
        yield [Stack(name, _maker(process, effort)) for name, effort in efforts.items()]
    finally:
        end(process)


class _maker:
    """Asks the process for a set."""

    def __init__(self, process: "subprocess.Popen[bytes]", effort: int | None) -> None:
        self.process, self.effort = process, effort

    def __call__(self, png: bytes, plan: Plan) -> Made:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        wish = {
            "png": base64.b64encode(png).decode(),
            "plan": [[width, format, quality] for (width, format), quality in plan.items()],
            "effort": self.effort,
        }
        self.process.stdin.write(json.dumps(wish).encode() + b"\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        files = [base64.b64decode(file) for file in said["files"]]
        return Made(dict(zip(plan, files, strict=True)), said["cpu"], said["wall"])
