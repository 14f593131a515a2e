"""The pages beside the grid, by name; what a template of that name is given."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from gallery import duplicates, recipes, runs
from gallery.links import Links

Facts = Callable[[Session, Links], dict[str, Any]]

PAGES: Mapping[str, Facts] = {
    "runs": runs.facts,
    "recipes": recipes.facts,
    "duplicates": duplicates.facts,
}
