"""The pages of the reference say what the code says."""

from pathlib import Path
from types import ModuleType

import pytest

from docs_tools import cli, recipes, settings
from pipeline.settings import Settings
from stylize import recipes as cookbook
from stylize.recipe_fields import Common
from stylize.recipe_models import ALGORITHMS, Layers

ROOT = Path(__file__).parents[2]
PAGES = {"docs_tools.cli": cli, "docs_tools.recipes": recipes}
PAGES |= {"docs_tools.settings": settings}


@pytest.mark.parametrize(("module", "made_by"), PAGES.items(), ids=PAGES)
def test_the_page_is_current(module: str, made_by: ModuleType):
    assert made_by.PAGE.read_text() == made_by.page(), f"run `python -m {module}`"


@pytest.mark.parametrize("made_by", PAGES.values(), ids=PAGES)
def test_the_page_tells_nothing_of_the_machine(made_by: ModuleType):
    for place in (Path.home(), ROOT):
        assert str(place) not in made_by.page()


@pytest.mark.parametrize("made_by", PAGES.values(), ids=PAGES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(made_by: ModuleType):
    for table in made_by.page().split("\n\n"):
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({row.replace("\\|", "").count("|") for row in rows}) <= 1, table


def test_every_setting_and_its_meaning_are_told():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"\n| `{name.upper()}` | " in settings.page()


def test_every_option_has_a_meaning():
    for name, command in cli.commands():
        for option in command.params:
            assert option.help, f"{name}: {option.name}"


def test_every_field_of_a_recipe_has_a_meaning():
    for model in (Common, Layers, *ALGORITHMS.values()):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_every_packaged_recipe_is_told():
    for name in cookbook.packaged():
        assert f"\n### {name}\n\n{cookbook.load(name).recipe.description}\n" in (
            recipes.page()
        )
