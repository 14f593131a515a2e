"""What a person may ask of the flow: one model for flow, plugin and command line."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from flows.about import LONGEST, keywords_of

DEPLOYMENT = "crawl-and-dream/crawl-and-dream"

_NO_SETTINGS = {
    *("keywords", "about", "style", "review"),
    *("source", "recipe", "allow_host"),  # under other names
}

LicencePolicyName = Literal["derivatives-allowed", "any"]
HostPort = Annotated[
    str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+):\d{1,5}$")
]
DedupeBy = Literal["hash", "hash+features"]
Runner = Literal["local", "ray"]
OutputFormat = Literal["png", "jpeg", "webp"]


class Parameters(BaseModel):
    """One run from keyword to gallery; what is left out comes from the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keywords: Annotated[
        str | None,
        Field(
            min_length=1,
            description="what the images must match; commas separate alternatives",
        ),
    ] = None
    about: Annotated[
        str | None,
        Field(
            max_length=LONGEST,
            validate_default=True,
            description="instead of keywords: a sentence that they are taken from",
        ),
    ] = None
    source: Annotated[
        tuple[str, ...],
        Field(
            description="where to look: commons, openverse, flickr, pexels, site:URL "
            "or folder:PATH; repeatable"
        ),
    ] = ()
    recipe: Annotated[
        tuple[str, ...],
        Field(description="a packaged recipe's name or a .toml file; repeatable"),
    ] = ()
    style: Annotated[
        tuple[str, ...],
        Field(description="a picture to take the style from; repeatable"),
    ] = ()
    allow_host: Annotated[
        tuple[HostPort, ...],
        Field(description="HOST:PORT on a private network that may be crawled"),
    ] = ()
    max_images: Annotated[
        int | None, Field(ge=1, description="at most this many usable images")
    ] = None
    licence_policy: Annotated[
        LicencePolicyName | None,
        Field(description="which licences may be made into something new"),
    ] = None
    dedupe: Annotated[
        DedupeBy | None,
        Field(
            description="how near-duplicates are found: hash, or hash+features, which "
            "sees crops, borders and mirror images as well"
        ),
    ] = None
    runner: Annotated[
        Runner | None, Field(description="where batches are made: local or ray")
    ] = None
    device: Annotated[
        str | None,
        Field(
            pattern=r"^(auto|mps|cuda:all|(cpu|cuda(:\d+)?)(,(cpu|cuda(:\d+)?))*)$",
            description="auto, cpu, cuda[:N], mps; cuda:all or a list such as "
            "cuda:0,cuda:2 for a process on each",
        ),
    ] = None
    output_format: Annotated[
        OutputFormat | None, Field(description="png, jpeg or webp")
    ] = None
    output_quality: Annotated[
        int | None, Field(ge=1, le=100, description="JPEG and WebP quality")
    ] = None
    budget_minutes: Annotated[
        float | None, Field(gt=0, description="start no batch after this many minutes")
    ] = None
    budget_bytes: Annotated[
        int | None, Field(ge=1, description="fetch no more than this many bytes")
    ] = None
    review: Annotated[
        bool,
        Field(description="stop before any picture is made, with a contact sheet"),
    ] = False

    @field_validator("keywords")
    @classmethod
    def _something_to_look_for(cls, keywords: str | None) -> str | None:
        if keywords is not None and not split_keywords(keywords):
            raise ValueError("name at least one keyword")
        return keywords

    @field_validator("about")
    @classmethod
    def _or_a_sentence(cls, about: str | None, info: ValidationInfo) -> str | None:
        if "keywords" in info.data:  # else that is what has to be mended first
            check_one_of_two(info.data["keywords"], about)
        if about is not None:
            keywords_of(about)
        return about

    @cached_property
    def alternatives(self) -> list[str]:
        """The keywords, one by one: those given, or those of the sentence."""
        if self.about is not None:
            return keywords_of(self.about)
        return split_keywords(self.keywords or "")

    @property
    def said_keywords(self) -> str:
        """The line that shows which words of a sentence are looked for."""
        return f"looking for: {', '.join(self.alternatives)}"

    def overrides(self) -> dict[str, object]:
        """What goes above the settings of the environment, by their names there."""
        given = {
            "sources": self.source or None,
            "recipes": self._recipes(),
            "allow_hosts": self.allow_host or None,
            **self.model_dump(exclude=_NO_SETTINGS),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _recipes(self) -> tuple[str, ...] | None:
        # With a style picture and no recipe, only the recipe that takes it is meant.
        return self.recipe or (() if self.style else None)


def check_one_of_two(keywords: str | None, about: str | None) -> None:
    """Return if either keywords or a sentence are given.

    Raises:
        ValueError: both are, or none.
    """
    if keywords is None and about is None:
        raise ValueError('say what to look for: --keywords "sunset beach"')
    if keywords is not None and about is not None:
        raise ValueError("give either --keywords or --about")


def split_keywords(keywords: str) -> list[str]:
    """The alternatives of `"sunset beach, dunes"`, in order, without repetitions."""
    alternatives = (" ".join(part.split()) for part in keywords.split(","))
    return list(dict.fromkeys(part for part in alternatives if part))
