#!/usr/bin/env python3
"""Check an exported audit trail. Needs Python 3.9 or newer and nothing else: no database, library or network.

    python3 verify.py [FOLDER] [--jwks FILE] [--head FILE]

FOLDER (default: where this file stands) holds rows.jsonl, heads.jsonl and jwks.json. Exit status 0: every row
is as it was when it was signed, in its order, and none is missing, the newest included. 1: what is wrong is
printed.

Do not take the keys from the export alone: whoever can forge rows can sign them with a key of their own.
Compare the key names that are printed with those published by the house (/.well-known/jwks.json), or give its
file as --jwks. A head that you kept from an earlier day, as --head, proves that nothing before it was
rewritten since, even by the house itself.

What is checked (all hashes are SHA-256):
1. Each row: of a chained table, hash = H(previous LF stream LF position LF body), position follows position,
   and `previous` is the hash of the row before it in its stream; of any other table, hash = H(body).
2. The tree of RFC 9162 over the rows in their order; a leaf is the JSON array [source, stream, row_id, hash].
3. Each head: a JWS (RFC 7515, ES256) by one of the keys, which says the root of the tree at its size, and
   names the head before it. The newest head is over all rows.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TYP = "wetplate-audit-head+jws"
MOST = 1000
Head = dict[str, Any]
Point = tuple[int, int, int]  # Jacobian coordinates

# The curve P-256 (FIPS 186-5): y^2 = x^3 - 3x + B over the field of P elements; G generates N points.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
NOWHERE: Point = (0, 1, 0)


def main(words: Sequence[str] | None = None) -> int:
    """Check, print, and give the exit status."""
    asked = argparse.ArgumentParser(description="Check an exported audit trail.")
    asked.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    asked.add_argument("--jwks", type=Path, help="the house's public keys, from elsewhere than the export")
    asked.add_argument(
        "--head", type=Path, action="append", default=[], help="a head kept from an earlier day"
    )
    given = asked.parse_args(words)
    wrong: list[str] = []
    keys = read_keys(given.jwks or given.folder / "jwks.json")
    heads = read_heads(given.folder / "heads.jsonl", keys, wrong)
    kept = [read_head(path.read_text().strip(), keys, str(path), wrong) for path in given.head]
    claims = heads + [head for head in kept if head]
    count, streams = check_rows(given.folder / "rows.jsonl", claims, wrong)
    newest = f"{heads[-1]['root']} at {heads[-1]['at']}" if heads else "none"
    told = wrong[:MOST] + [f"key {name}" for name in keys]
    told.append(f"{count} rows in {streams} streams, {len(heads)} heads, newest {newest}")
    told.append(f"BROKEN: {len(wrong)} findings" if wrong else "whole")
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if wrong else 0


def check_rows(path: Path, heads: list[Head], wrong: list[str]) -> tuple[int, int]:
    """Every row, chain and root; how many rows and streams there are."""
    size = 0
    roots: list[bytes] = []
    ends: dict[tuple[str, str], tuple[int, str]] = {}
    waiting = sorted(heads, key=lambda head: -head["size"])
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            compare(waiting, size, roots, wrong)
            row = json.loads(line)
            name = f"{row['source']} stream {row['stream']} row {row['row_id']}"
            wrong.extend(f"{name}: {what}" for what in check_row(row, ends))
            leaf = [row["source"], row["stream"], row["row_id"], row["hash"]]
            push(roots, size, json.dumps(leaf, separators=(",", ":")).encode())
            size += 1
    compare(waiting, size, roots, wrong)
    wrong.extend(
        f"a head is over {head['size']} rows, and only {size} are here" for head in reversed(waiting)
    )
    if not heads or max(head["size"] for head in heads) < size:
        wrong.append("rows.jsonl holds rows that no head speaks of")
    return size, len(ends)


def check_row(row: dict[str, Any], ends: dict[tuple[str, str], tuple[int, str]]) -> list[str]:
    """What is wrong with a row; `ends` has position and hash of each stream's last row so far."""
    if "body" not in row:
        return ["was sealed and is gone"]
    if "previous" not in row:
        return [] if digest(row["body"]) == row["hash"] else ["was changed after it was sealed"]
    stream = (row["source"], row["stream"])
    position, before = ends.get(stream, (-1, "0" * 64))
    ends[stream] = (row["position"], row["hash"])
    found = []
    if row["position"] != position + 1 or row["previous"] != before:
        found.append("does not follow the row before it: removed, inserted or reordered")
    text = "\n".join((row["previous"], row["stream"], str(row["position"]), row["body"]))
    return found if digest(text) == row["hash"] else [*found, "was changed after it was written"]


def compare(waiting: list[Head], size: int, roots: list[bytes], wrong: list[str]) -> None:
    """Hold every head over so many rows against the tree."""
    while waiting and waiting[-1]["size"] == size:
        head = waiting.pop()
        if root_of(roots) != head["root"]:
            wrong.append(f"the head over {size} rows has another root: rows were changed, moved or exchanged")


def push(roots: list[bytes], size: int, leaf: bytes) -> None:
    """Add a leaf to the roots of the complete subtrees of a tree of that size."""
    node = hashlib.sha256(b"\0" + leaf).digest()
    while size & 1:
        node, size = hashlib.sha256(b"\1" + roots.pop() + node).digest(), size >> 1
    roots.append(node)


def root_of(roots: list[bytes]) -> str:
    """The root of the tree with these complete subtrees, as hex."""
    if not roots:
        return digest("")
    *rest, node = roots
    for left in reversed(rest):
        node = hashlib.sha256(b"\1" + left + node).digest()
    return node.hex()


def digest(text: str) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_heads(path: Path, keys: dict[str, Point], wrong: list[str]) -> list[Head]:
    """What the signed heads say, oldest first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [
        read_head(json.loads(line)["signed"], keys, f"head {number}", wrong)
        for number, line in enumerate(lines)
    ]
    heads = [head for head in found if head]
    before: Head = {"size": 0, "root": digest("")}
    for head in heads:
        if (
            head["previous"] != {"size": before["size"], "root": before["root"]}
            or head["size"] <= before["size"]
        ):
            wrong.append(f"the head over {head['size']} rows does not follow the head before it")
        before = head
    if not heads:
        wrong.append("no head holds: nothing here is signed")
    return heads


def read_head(token: str, keys: dict[str, Point], where: str, wrong: list[str]) -> Head | None:
    """What a head says, if one of the keys signed it."""
    try:
        header, payload, signature = token.split(".")
        said = json.loads(unpadded(header))
        if said["alg"] != "ES256" or said["typ"] != TYP or "crit" in said:
            raise ValueError("not a head signed with ES256")
        if said["kid"] not in keys:
            raise ValueError(f"signed with a key that is not ours: {said['kid']}")
        if not holds(keys[said["kid"]], f"{header}.{payload}".encode(), unpadded(signature)):
            raise ValueError("the signature does not hold")
        head = json.loads(unpadded(payload))
        return {name: head[name] for name in ("size", "root", "at", "previous")}
    except (ValueError, KeyError, TypeError) as error:
        wrong.append(f"{where}: {error}")
        return None


def read_keys(path: Path) -> dict[str, Point]:
    """Points of the curve by name (RFC 7638); the names are computed, not believed."""
    keys: dict[str, Point] = {}
    for key in json.loads(path.read_text(encoding="utf-8"))["keys"]:
        if key.get("kty") != "EC" or key.get("crv") != "P-256":
            continue
        x, y = (int.from_bytes(unpadded(key[name]), "big") for name in "xy")
        if x >= P or y >= P or (y * y - x * x * x + 3 * x - B) % P:
            sys.exit(f"{path}: a key is no point of P-256")
        named = json.dumps({"crv": "P-256", "kty": "EC", "x": key["x"], "y": key["y"]}, separators=(",", ":"))
        name = base64.urlsafe_b64encode(hashlib.sha256(named.encode()).digest()).rstrip(b"=").decode()
        keys[name] = (x, y, 1)
    return keys


def unpadded(text: str) -> bytes:
    """Bytes from base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def holds(key: Point, message: bytes, signature: bytes) -> bool:
    """Whether an ES256 signature (r and s, 32 bytes each) holds."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < N or not 0 < s < N:
        return False
    e, w = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N)
    x, _, z = both(e * w % N, r * w % N, key)
    return z != 0 and x * pow(z, -2, P) % P % N == r


def both(u: int, v: int, key: Point) -> Point:
    """u times G plus v times the key, both at once."""
    sums = {(1, 0): G, (0, 1): key, (1, 1): plus(G, key)}
    point = NOWHERE
    for bit in range(255, -1, -1):
        point = plus(point, point)
        digits = (u >> bit & 1, v >> bit & 1)
        if digits != (0, 0):
            point = plus(point, sums[digits])
    return point


def plus(first: Point, second: Point) -> Point:
    """The sum of two points in Jacobian coordinates."""
    (x1, y1, z1), (x2, y2, z2) = first, second
    if not z1 or not z2:
        return second if not z1 else first
    a, b = z1 * z1 % P, z2 * z2 % P
    u1, u2, s1, s2 = x1 * b % P, x2 * a % P, y1 * b * z2 % P, y2 * a * z1 % P
    if u1 == u2:
        return twice(first) if s1 == s2 else NOWHERE
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, h * z1 * z2 % P


def twice(point: Point) -> Point:
    """A point added to itself."""
    x, y, z = point
    a = z * z % P
    m, yy = 3 * (x - a) * (x + a) % P, y * y % P
    s = 4 * x * yy % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


if __name__ == "__main__":
    sys.exit(main())
