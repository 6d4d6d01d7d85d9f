"""The Signer over c2pa-python: real Content Credentials, offline.

Here: everything that knows c2pa. Not here: certificates (`certificates`), what is claimed (`claim`).
Thumbnails are off (they would add 133 KB); nothing is fetched from a network, but for the time, where a
timestamp authority is configured.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import c2pa

from wetplate.errors import ProvenanceError
from wetplate.provenance.certificates import Chain
from wetplate.provenance.claim import AI_DISCLOSURE, ASSERTION, PARENT, Claim, Parent, manifest
from wetplate.provenance.signing import MEDIA_TYPES, Credentials, Signed

#: What the validator says of a time that an authority vouches for.
STAMPED = {"timeStamp.validated", "timeStamp.trusted"}


class C2paSigner:
    """Signs with one chain and reads with that chain's authority as the only anchor.

    Safe to share between threads.
    """

    def __init__(self, chain: Chain, timestamp: str | None = None) -> None:
        self.timestamp = timestamp
        self._chain = chain
        self._options = _options(chain)

    def sign(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        return self._signed(body, media_type, claim, parent, embed=True)

    def sidecar(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        return self._signed(body, media_type, claim, parent, embed=False)

    def parent(self, body: bytes, media_type: str, named: Parent, manifest: bytes | None = None) -> Parent:
        with c2pa.Context.from_dict(self._options) as context:
            try:
                with c2pa.Reader(media_type, io.BytesIO(body), manifest, context) as reader:
                    return _parent(named, reader)
            except c2pa.C2paError.ManifestNotFound:
                return named
            except c2pa.C2paError as error:
                said = f"the credentials of the {named.title} cannot be read: {error}"
                raise ProvenanceError(said) from error

    def read(self, body: bytes, media_type: str, manifest: bytes | None = None) -> Credentials | None:
        with c2pa.Context.from_dict(self._options) as context:
            try:
                with c2pa.Reader(media_type, io.BytesIO(body), manifest, context) as reader:
                    return _credentials(json.loads(reader.json()))
            except c2pa.C2paError.ManifestNotFound:
                return None
            except c2pa.C2paError as error:
                return Credentials(False, False, None, "", (str(error),))

    def _signed(
        self, body: bytes, media_type: str, claim: Claim, parent: Parent | None, *, embed: bool
    ) -> Signed:
        if media_type not in MEDIA_TYPES:
            raise ProvenanceError(f"{media_type} cannot be signed; encode as one of {', '.join(MEDIA_TYPES)}")
        definition, target = json.dumps(manifest(claim, parent)), io.BytesIO()
        clock = self.timestamp.encode() if self.timestamp else None
        info = c2pa.C2paSignerInfo(self._chain.algorithm, self._chain.certificate, self._chain.key, clock)
        try:
            with (
                c2pa.Context.from_dict(self._options) as context,
                c2pa.Builder(definition, context) as builder,
            ):
                if not embed:
                    builder.set_no_embed()
                if parent is not None and parent.manifest is not None:
                    builder.add_resource(PARENT, io.BytesIO(parent.manifest))
                with c2pa.Signer.from_info(info) as signer:
                    record = builder.sign(signer, media_type, io.BytesIO(body), target)
        except c2pa.C2paError as error:
            raise ProvenanceError(f"signing a {media_type} of {len(body)} bytes failed: {error}") from error
        return Signed(target.getvalue() if embed else body, record)


def _options(chain: Chain) -> dict[str, Any]:
    trust = {"trust_anchors": chain.authority.decode()} if chain.authority else {}
    return {
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": trust,
    }


def _parent(named: Parent, reader: c2pa.Reader) -> Parent:
    """The parent with the whole chain of its credentials."""
    said, manifest = json.loads(reader.json()), io.BytesIO()
    reader.resource_to_stream(said["active_manifest"], manifest)
    results = json.dumps(said["validation_results"])
    return replace(named, manifest=manifest.getvalue(), label=said["active_manifest"], results=results)


def _credentials(said: dict[str, Any]) -> Credentials:
    active, results = said["manifests"][said["active_manifest"]], said.get("validation_results", {})
    passed = {each["code"] for each in results.get("activeManifest", {}).get("success", ())}
    generators = active.get("claim_generator_info") or [{}]
    return Credentials(
        valid=said["validation_state"] in ("Valid", "Trusted"),
        trusted=said["validation_state"] == "Trusted",
        claim=_claim(_data(active)),
        issuer=active.get("signature_info", {}).get("common_name", ""),
        problems=tuple(_failures(results)),
        source_type=next(_source_types([active, *said["manifests"].values()]), ""),
        generator=str(generators[0].get("name") or active.get("claim_generator") or ""),
        manifests=len(said["manifests"]),
        timestamped=bool(STAMPED & passed),
    )


def _data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's assertions by label."""
    return {assertion["label"]: assertion.get("data", {}) for assertion in manifest.get("assertions", ())}


def _failures(results: Mapping[str, Any]) -> Iterator[str]:
    """The codes of what failed, in the file's own credentials and in those of its ingredients."""
    deltas = (each.get("validationDeltas", {}) for each in results.get("ingredientDeltas") or ())
    for part in (results.get("activeManifest", {}), *deltas):
        yield from (failure["code"] for failure in part.get("failure", ()))


def _source_types(manifests: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The last word of each digital source type that an action names."""
    for each in manifests:
        for label, data in _data(each).items():
            for action in data.get("actions", ()) if label.startswith("c2pa.actions") else ():
                if found := str(action.get("digitalSourceType") or "").rpartition("/")[2]:
                    yield found


def _claim(assertions: dict[str, Any]) -> Claim | None:
    """The claim a manifest was built from; None when the manifest is not one of ours."""
    actions = assertions.get("c2pa.actions.v2", {}).get("actions", [])
    ours = assertions.get(ASSERTION)
    if not ours or not actions:
        return None
    return Claim(
        ours["public_id"],
        ours["commitment"],
        actions[0].get("digitalSourceType", "").rpartition("/")[2],
        tuple(action["action"].removeprefix("c2pa.") for action in actions),
        assertions.get(AI_DISCLOSURE, {}).get("contentProfile", {}).get("humanOversightLevel", ""),
    )
