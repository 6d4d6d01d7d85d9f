"""What must be true of answers to bad input, whatever it was."""

from collections.abc import Iterable, Mapping

from bench.delivery.peers.peer import Inexpressible, Peer
from bench.delivery.wire import Answer, send


def none_shown(answers: Iterable[Answer]) -> str | None:
    """No answer is a picture, and the server did not break."""
    wrong = [
        answer.status for answer in answers if answer.picture or answer.status >= 500 or answer.status == 0
    ]
    return f"{', '.join(map(str, wrong))}" if wrong else None


def all_refused(answers: Mapping[str, Answer]) -> str | None:
    """Every answer is a 4xx or a redirect."""
    wrong = [
        f"{text[:16]}: {answer.status}"
        for text, answer in answers.items()
        if answer.status not in range(300, 500)
    ]
    return ", ".join(wrong[:4]) + ("…" if len(wrong) > 4 else "") if wrong else None


def small(peer: Peer, picture: str) -> Answer:
    """The picture 64 px wide as WebP."""
    told = {"Accept": "image/webp"} if peer.accept else {}
    return send(peer.server.port, peer.path(picture=picture, width=64, format="webp"), told, seconds=20)


def reads_files(peer: Peer) -> None:
    """Return if the server's addresses name files. Raises Inexpressible."""
    if peer.pictures is not None:
        raise Inexpressible("addresses name images, not files or other servers")
