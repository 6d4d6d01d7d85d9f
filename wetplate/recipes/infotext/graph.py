"""A ComfyUI graph as something to walk: nodes, links, literals.

Here: following links backwards, within limits. Not here: what any node means (`comfy`).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.text import shown

LITERALS = ("value", "text", "string", "seed", "int", "float", "number")
MOST_NODES = 2_000
MOST_LINKS = 16


class Graph:
    """The nodes of an API prompt that have a class and inputs. Raises InfotextError for too many."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        if len(body) > MOST_NODES:
            raise InfotextError(f"the ComfyUI graph has more than {MOST_NODES} nodes")
        self._nodes = {
            name: node
            for name, node in body.items()
            if isinstance(node, dict) and isinstance(node.get("inputs"), dict) and "class_type" in node
        }

    def named(self, kinds: Collection[str]) -> list[str]:
        """The nodes of these classes, in the graph's order."""
        return [name for name in self._nodes if self.kind(name) in kinds]

    def kind(self, name: str) -> str:
        """A node's class."""
        return str(self._nodes[name]["class_type"])

    def inputs(self, name: str) -> Mapping[str, Any]:
        """A node's inputs: literals, and links as [node, output]."""
        inputs: Mapping[str, Any] = self._nodes[name]["inputs"]
        return inputs

    def called(self, name: str) -> str:
        """A node as messages call it."""
        return f"{shown(self.kind(name))[1:-1]} #{shown(name)[1:-1]}"

    def back(
        self, start: str, first: str, ways: Collection[str], stop: Collection[str] = ()
    ) -> Iterator[str]:
        """The nodes met going backwards from an input, along the first of the ways each has, up to `stop`."""
        seen = {start}
        name = self.linked(self.inputs(start).get(first))
        while name is not None and name not in seen and self.kind(name) not in stop:
            seen.add(name)
            yield name
            inputs = self.inputs(name)
            name = next((found for way in ways if (found := self.linked(inputs.get(way)))), None)

    def linked(self, value: object) -> str | None:
        """The node a value comes from, if it is a link."""
        if isinstance(value, list) and len(value) == 2 and str(value[0]) in self._nodes:
            return str(value[0])
        return None

    def literal(self, value: object) -> object:
        """A value, or the one that stands in the node it is linked to; None if that node computes it."""
        for _ in range(MOST_LINKS):
            name = self.linked(value)
            if name is None:
                return None if isinstance(value, list | dict) else value
            inputs = self.inputs(name)
            value = next((inputs[key] for key in LITERALS if key in inputs), None)
        return None
