"""What a person may ask of the flow: one model for flow, plugin and command line."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DEPLOYMENT = "crawl-and-dream/crawl-and-dream"

_NAMED_OTHERWISE = {"source", "recipe", "allow_host"}

LicencePolicyName = Literal["derivatives-allowed", "any"]
HostPort = Annotated[
    str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+):\d{1,5}$")
]
OutputFormat = Literal["png", "jpeg", "webp"]


class Parameters(BaseModel):
    """One run from keyword to gallery; what is left out comes from the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keywords: Annotated[
        str,
        Field(
            min_length=1,
            description="what the images must match; commas separate alternatives",
        ),
    ]
    source: Annotated[
        tuple[str, ...],
        Field(description="where to look: site:URL or folder:PATH; repeatable"),
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
    device: Annotated[
        str | None,
        Field(
            pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
            description="auto, cpu, cuda[:N] or mps",
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
    def _something_to_look_for(cls, keywords: str) -> str:
        if not split_keywords(keywords):
            raise ValueError("name at least one keyword")
        return keywords

    def overrides(self) -> dict[str, object]:
        """What goes above the settings of the environment, by their names there."""
        given = {
            "sources": self.source or None,
            "recipes": self._recipes(),
            "allow_hosts": self.allow_host or None,
            **self.model_dump(
                exclude={
                    "keywords",
                    "source",
                    "recipe",
                    "style",
                    "allow_host",
                    "review",
                }
            ),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _recipes(self) -> tuple[str, ...] | None:
        # With a style picture and no recipe, only the recipe that takes it is meant.
        return self.recipe or (() if self.style else None)


def split_keywords(keywords: str) -> list[str]:
    """The alternatives of `"sunset beach, dunes"`, in order, without repetitions."""
    alternatives = (" ".join(part.split()) for part in keywords.split(","))
    return list(dict.fromkeys(part for part in alternatives if part))
