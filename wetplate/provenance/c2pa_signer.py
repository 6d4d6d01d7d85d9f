"""The Signer over c2pa-python: real Content Credentials, offline.

Here: everything that knows c2pa. Not here: certificates (`certificates`), what is claimed (`claim`).
Thumbnails are off (they would add 133 KB); nothing is fetched from a network; no timestamp authority is
asked.
"""

import io
import json
from collections.abc import Sequence
from typing import Any

import c2pa

from wetplate.errors import ProvenanceError
from wetplate.provenance.certificates import Chain
from wetplate.provenance.claim import ASSERTION, Claim, manifest
from wetplate.provenance.signing import MEDIA_TYPES, Credentials, Signed


class C2paSigner:
    """Signs with one chain and reads with that chain's authority as the only anchor.

    Safe to share between threads.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._options = _options(chain)

    def sign(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        return self._signed(body, media_type, claim, embed=True)

    def sidecar(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        return self._signed(body, media_type, claim, embed=False)

    def read(self, body: bytes, media_type: str, manifest: bytes | None = None) -> Credentials | None:
        with c2pa.Context.from_dict(self._options) as context:
            try:
                with c2pa.Reader(media_type, io.BytesIO(body), manifest, context) as reader:
                    return _credentials(json.loads(reader.json()))
            except c2pa.C2paError.ManifestNotFound:
                return None
            except c2pa.C2paError as error:
                return Credentials(False, False, None, "", (str(error),))

    def _signed(self, body: bytes, media_type: str, claim: Claim, *, embed: bool) -> Signed:
        if media_type not in MEDIA_TYPES:
            raise ProvenanceError(f"{media_type} cannot be signed; encode as one of {', '.join(MEDIA_TYPES)}")
        definition, target = json.dumps(manifest(claim)), io.BytesIO()
        info = c2pa.C2paSignerInfo(self._chain.algorithm, self._chain.certificate, self._chain.key, None)
        try:
            with (
                c2pa.Context.from_dict(self._options) as context,
                c2pa.Builder(definition, context) as builder,
            ):
                if not embed:
                    builder.set_no_embed()
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


def _credentials(said: dict[str, Any]) -> Credentials:
    active = said["manifests"][said["active_manifest"]]
    failures = said.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    return Credentials(
        valid=said["validation_state"] in ("Valid", "Trusted"),
        trusted=said["validation_state"] == "Trusted",
        claim=_claim({assertion["label"]: assertion["data"] for assertion in active["assertions"]}),
        issuer=active.get("signature_info", {}).get("common_name", ""),
        problems=tuple(failure["code"] for failure in failures),
        source_type=_source_type(active["assertions"]),
    )


def _source_type(assertions: Sequence[dict[str, Any]]) -> str:
    """The last word of the first digital source type that any action names."""
    actions = [a for each in assertions if "c2pa.actions" in each["label"] for a in each["data"]["actions"]]
    named = [str(action["digitalSourceType"]) for action in actions if action.get("digitalSourceType")]
    return named[0].rpartition("/")[2] if named else ""


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
    )
