"""The options that commands share; their words come from `flows.parameters`."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

import typer

from flows.errors import UsageError
from flows.parameters import Parameters, check_one_of_two, split_keywords
from pipeline.colour_names import NAMES
from pipeline.search import Search

FIELDS = Parameters.model_fields.keys()

_DAYS = ["%Y-%m-%d"]  # in UTC


def option(field: str, *names: str, **how: Any) -> Any:
    """A Typer option that says what the parameter of that name says."""
    return typer.Option(*names, help=Parameters.model_fields[field].description, **how)


Keywords = Annotated[
    str | None, option("keywords", "--keywords", "-k", metavar="WORDS")
]
About = Annotated[str | None, option("about", "--about", metavar="SENTENCE")]
Sources = Annotated[list[str], option("source", "--source", "-s", metavar="KIND:PLACE")]
Recipes = Annotated[list[str], option("recipe", "--recipe", "-r", metavar="NAME|TOML")]
Styles = Annotated[list[str], option("style", "--style", metavar="PICTURE")]
AllowHosts = Annotated[
    list[str], option("allow_host", "--allow-host", metavar="HOST:PORT")
]
MaxImages = Annotated[int | None, option("max_images", "--max-images", "-n")]
Policy = Annotated[str | None, option("licence_policy", "--licence-policy")]
Dedupe = Annotated[str | None, option("dedupe", "--dedupe", metavar="HOW")]
Runner = Annotated[str | None, option("runner", "--runner", metavar="local|ray")]
Device = Annotated[str | None, option("device", "--device")]
Format = Annotated[str | None, option("output_format", "--output-format")]
Quality = Annotated[int | None, option("output_quality", "--output-quality")]
Minutes = Annotated[float | None, option("budget_minutes", "--budget-minutes")]
Bytes = Annotated[int | None, option("budget_bytes", "--budget-bytes")]
Review = Annotated[bool, option("review", "--review")]
Output = Annotated[
    str,
    typer.Argument(
        help="its path in the store, its file, or the first 12 or more digits of its "
        "digest"
    ),
]
OfKeywords = Annotated[
    str, typer.Option("--keywords", "-k", help="only those for these keywords")
]
OfRecipe = Annotated[
    str | None, typer.Option("--recipe", "-r", help="only outputs of this recipe")
]
OfLabel = Annotated[
    str | None,
    typer.Option(
        "--label",
        help="only of pictures that show this: all words of a class that a network "
        "gave 10 % or more, or a word such as beach, boat or dog",
    ),
]
OfColour = Annotated[
    str | None,
    typer.Option(
        "--colour",
        "--color",
        help=f"only of pictures with 3 % or more of it: {', '.join(NAMES)}",
    ),
]
OfBackbone = Annotated[
    str | None, typer.Option("--backbone", help="only made by this network")
]
OfSource = Annotated[
    str | None,
    typer.Option(
        "--source", "-s", help="only from this source, or from this kind of source"
    ),
]
OfLicence = Annotated[
    str | None,
    typer.Option("--licence", help="only under this one, such as cc-by-4.0"),
]
OfTitle = Annotated[
    str | None, typer.Option("--title", help="only with this text in the title")
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=_DAYS, help="only made on that day or later"),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=_DAYS, help="only made on that day or before"),
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]


def parameters(given: dict[str, Any]) -> Parameters:
    """What a command was asked for, by the names of its options.

    Raises:
        UsageError: keywords and sentence are both given, or neither is.
    """
    keywords = given["keywords"] or None
    try:
        check_one_of_two(keywords, given["about"])
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    return Parameters.model_validate(given | {"keywords": keywords})


def search(given: Mapping[str, Any]) -> Search:
    """What a command searches for, by the names of its options."""
    wanted = {field.name: given[field.name] for field in fields(Search)}
    wanted["keywords"] = tuple(split_keywords(given["keywords"]))
    for day in ("since", "until"):
        wanted[day] = given[day] and given[day].date()
    return Search(**wanted)


def refuse(context: typer.Context, why: str, *names: str) -> None:
    """See that none of these options was typed, as it would not matter.

    Raises:
        UsageError: one was.
    """
    for one in context.command.params:
        source = context.get_parameter_source(one.name or "")
        is_typed = source is not None and source.name == "COMMANDLINE"
        if is_typed and one.name in names:
            raise UsageError(f"{one.opts[0]} {why}")
