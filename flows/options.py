"""The options that commands share; their words come from `flows.parameters`."""

from typing import Annotated, Any

import typer

from flows.errors import UsageError
from flows.parameters import Parameters, check_one_of_two

FIELDS = Parameters.model_fields.keys()


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
