"""What the C2PA manifest of an output says: its original, its making, whom it is owed.

The original is named by its digest and where it was seen. None of its bytes go in, nor
does what it says of itself: files from the web are not parsed here.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from crawler.credit import Credit
from crawler.text import clean
from flows.credentials import NAMES, changed, rights, rights_in, source_type
from flows.errors import UsageError
from flows.provenance import Provenance
from pipeline import signing, signing_key
from pipeline.encode import Encoded
from pipeline.settings import Settings
from pipeline.signing_key import SigningKey

MAKING = "crawl-and-dream.making"

_ORIGINAL = "original"
_SCHEMAS = ("dc", "xmpRights", "photoshop")
_FACTS = {"recipe_digest", "weights_digest", "content_digest", "style_digests", "seed"}


def key_of(settings: Settings) -> SigningKey | None:
    """The key that outputs are signed with; None where they are not signed.

    Raises:
        CredentialsError: there is one, and it cannot be used.
    """
    if not signing.is_installed():
        return None
    return signing_key.load(settings.credentials_dir, now=datetime.now(UTC))


def check_installed() -> None:
    """Return if manifests can be signed.

    Raises:
        UsageError: a package is missing.
    """
    if not signing.is_installed():
        raise UsageError(
            "signing needs one more package: pip install 'crawl-and-dream[c2pa]'"
        )


def signed(
    file: Encoded, key: SigningKey | None, said: Provenance, owed: Credit
) -> Encoded:
    """The file with a manifest, or as it is when there is no key."""
    if key is None:
        return file
    return signing.sign(file, key, definition(said, owed))


def definition(said: Provenance, owed: Credit) -> dict[str, Any]:
    """A manifest in the words of C2PA's builder."""
    return {
        "claim_generator_info": [
            {"name": "crawl-and-dream", "version": version("crawl-and-dream")}
        ],
        "title": clean(said.recipe["name"]) or said.recipe_digest,
        "ingredients": list(_ingredients(said, owed)),
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": list(_actions(said))}},
            {"label": "cawg.metadata", "data": _metadata(said, owed), "kind": "Json"},
            {"label": MAKING, "data": _making(said), "kind": "Json"},
        ],
    }


def _ingredients(said: Provenance, owed: Credit) -> Iterator[dict[str, Any]]:
    if said.content_digest is not None:
        yield {
            "label": _ORIGINAL,
            "relationship": "parentOf",
            "title": owed.title or "untitled",
            "format": "application/octet-stream",  # what it is, is not known here
            "instance_id": f"sha256:{said.content_digest}",
        } | ({"informational_URI": owed.source_url} if owed.source_url else {})


def _actions(said: Provenance) -> Iterator[dict[str, Any]]:
    """C2PA wants to be told first where an asset began."""
    kind = {"digitalSourceType": source_type(said)}
    if said.content_digest is None:
        yield {"action": "c2pa.created"} | kind
        return
    yield {"action": "c2pa.opened", "parameters": {"ingredientIds": [_ORIGINAL]}}
    yield {"action": "c2pa.edited", "description": changed(said)} | kind


def _metadata(said: Provenance, owed: Credit) -> dict[str, Any]:
    told = {
        "dc:title": owed.title,
        "dc:creator": owed.author and [owed.author],
        "dc:source": owed.source_url,
        rights_in(owed): rights(said, owed),
        "photoshop:Credit": owed.sentence,
    }
    if owed.terms is not None and owed.terms.is_licence:
        told["xmpRights:UsageTerms"] = owed.terms.name
        told["xmpRights:WebStatement"] = owed.terms.url
    known = {name: value for name, value in told.items() if value}
    return {"@context": {name: NAMES[name] for name in _SCHEMAS}} | known


def _making(said: Provenance) -> dict[str, Any]:
    facts = said.model_dump(mode="json", include=_FACTS, exclude_none=True)
    return facts | {"recipe": json.dumps(said.recipe, sort_keys=True)}
