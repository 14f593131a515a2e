"""Requests as text, so that they can wait on disk: JSON, which nobody can run."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from scrapy import Request, Spider

from db.models import Derivatives
from pipeline.ingest import Claim, OptOut, Sighting

_SIGHTING = "sighting"


def dumped(request: Request) -> str:
    """The request with the names of its callbacks, which have to be the spider's own;
    its `cb_kwargs` and meta must be of JSON values, a `sighting` excepted."""
    kept = {
        "url": request.url,
        "callback": _name(request.callback),
        "errback": _name(request.errback),
        "method": request.method,
        "headers": dict(request.headers.to_unicode_dict()),
        "body": request.body.decode("latin-1"),
        "meta": request.meta,
        "cb_kwargs": {
            name: sighting_dumped(value) if name == _SIGHTING else value
            for name, value in request.cb_kwargs.items()
        },
        "priority": request.priority,
        "dont_filter": request.dont_filter,
    }
    return json.dumps(kept)


def loaded(body: str, spider: Spider) -> Request:
    said = json.loads(body)
    given = said["cb_kwargs"]
    if _SIGHTING in given:
        given[_SIGHTING] = sighting_loaded(given[_SIGHTING])
    return Request(
        said["url"],
        callback=_method(spider, said["callback"]),
        errback=_method(spider, said["errback"]),
        method=said["method"],
        headers=said["headers"],
        body=said["body"].encode("latin-1"),
        meta=said["meta"],
        cb_kwargs=given,
        priority=said["priority"],
        dont_filter=said["dont_filter"],
    )


def sighting_dumped(sighting: Sighting) -> dict[str, Any]:
    said = vars(sighting) | {
        "claims": claims_dumped(sighting.claims),
        "opt_outs": [asdict(signal) for signal in sighting.opt_outs],
    }
    return {name: value for name, value in said.items() if value not in (None, [])}


def claims_dumped(claims: Iterable[Claim]) -> list[dict[str, Any]]:
    return [vars(one) | {"derivatives": one.derivatives.value} for one in claims]


def sighting_loaded(said: dict[str, Any]) -> Sighting:
    claims = [
        Claim(**claim | {"derivatives": Derivatives(claim["derivatives"])})
        for claim in said.get("claims", ())
    ]
    opt_outs = [OptOut(**signal) for signal in said.get("opt_outs", ())]
    return Sighting(
        **{"page_url": None}
        | said
        | {"claims": tuple(claims), "opt_outs": tuple(opt_outs)}
    )


def _name(callback: Any) -> str | None:
    return None if callback is None else callback.__name__


def _method(spider: Spider, name: str | None) -> Any:
    return None if name is None else getattr(spider, name)
