"""What is asked for on demand, what it is made of, and what comes out. Here: the values. Pure."""

from dataclasses import dataclass

from wetplate.derivatives.transform import Transform


@dataclass(frozen=True)
class Asked:
    """What somebody wants: a transform of an image at a security version."""

    image: str
    family: str
    version: int
    transform: Transform

    @property
    def lock(self) -> str:
        """The name of the one piece of work, in every process."""
        return f"transform {self.image} v{self.version} {self.transform.text}"


@dataclass(frozen=True)
class Source:
    """The picture that a transform is made of."""

    key: str
    width: int
    height: int
    source_type: str


@dataclass(frozen=True)
class Finished:
    """A file as it leaves, with what the search for its quality found."""

    body: bytes
    sha256: str
    width: int
    height: int
    quality: int | None
    score: float | None = None
    scorer: str | None = None
