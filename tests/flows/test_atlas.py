"""Contact sheets of what channels like best."""

import json
from pathlib import Path

import numpy as np
import pytest
from dreamt_pictures import Dreams
from pictures import encoded, paint

from crawler import xmp
from flows import atlas, cells
from flows.account import Account
from flows.atlas import Atlas, channels_of
from flows.errors import UsageError
from flows.progress import Onlooker, watched_by
from pipeline.encode import xmp_of
from pipeline.settings import load
from stylize.errors import LayerError

CELL_PX = 32
STEP_X = CELL_PX + cells.GAP_PX
STEP_Y = CELL_PX + cells.LINE_PX + cells.GAP_PX


@pytest.fixture
def folder(tmp_path: Path) -> Dreams:
    return Dreams(tmp_path)


def draw(
    folder: Dreams,
    out: str = "sheet.png",
    *,
    layer: str = "relu1_1",
    channels: tuple[int, ...] = (0, 1, 2, 3, 4),
    batch_size: int = 8,
    **given: int,
) -> Account:
    quick = {"size_px": CELL_PX, "steps": 1}
    return atlas.draw(
        Atlas("motifs", layer, channels, **quick | given),
        folder.path / out,
        weights_file=None,
        settings=load(home=folder.path / "home", device="cpu", batch_size=batch_size),
        say=folder.said.append,
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("0-3", (0, 1, 2, 3)),
        ("5,0,9", (5, 0, 9)),
        ("2-3, 3-4,0", (2, 3, 4, 0)),
        (None, tuple(range(32))),
    ],
)
def test_channels_are_said_by_number_and_range(said, expected):
    assert channels_of("motifs", "relu1_1", said) == expected


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ("32", "no channel 32: they are 0 to 31"),
        ("0-99999999999", "no channel 99999999999"),
        ("eye", "say 0-63, or 0,5,9"),
        ("1,,2", "say 0-63, or 0,5,9"),
        ("-3", "say 0-63, or 0,5,9"),
        ("9-3", "9-3 runs backwards"),
    ],
)
def test_channels_that_there_are_not(said, match):
    with pytest.raises(UsageError, match=match):
        channels_of("motifs", "relu1_1", said)


def test_a_layer_that_there_is_not_brings_the_nearest():
    with pytest.raises(LayerError, match="did you mean relu1_1"):
        channels_of("motifs", "rellu1_1", None)


def test_a_layer_without_positions_cannot_be_drawn():
    with pytest.raises(UsageError, match="fc of resnet18 has no positions"):
        channels_of("resnet18", "fc", None)


def test_a_sheet_has_a_cell_for_each_channel(folder: Dreams):
    account = draw(folder)

    [told] = account.outputs
    width, height = 3 * STEP_X + cells.GAP_PX, 2 * STEP_Y + cells.GAP_PX
    assert folder.image("sheet.png").size == (width, height)
    assert (told["width"], told["height"]) == (width, height)
    assert told["channels"] == [0, 1, 2, 3, 4]


def test_a_sheet_says_how_it_was_drawn(folder: Dreams):
    draw(folder, seed=4)

    said = folder.parameters("sheet.png")
    assert said["atlas"]["layer"] == "relu1_1"
    assert (said["atlas"]["seed"], said["atlas"]["channels"]) == (4, [0, 1, 2, 3, 4])
    assert len(said["weights_digest"]) == 64


def test_a_sheet_says_that_a_network_made_it_of_nothing(folder: Dreams):
    draw(folder, seed=4)

    said = xmp.properties(xmp_of((folder.path / "sheet.png").read_bytes()))
    [kind] = said["Iptc4xmpExt:DigitalSourceType"]
    assert kind.endswith("/trainedAlgorithmicMedia")
    assert "channels of motifs-relu1_1" in said["dc:description"][0]
    assert json.loads(said["cad:drawn"][0])["atlas"]["seed"] == 4
    assert "dc:rights" not in said


def test_a_channel_looks_the_same_in_every_batch(folder: Dreams):
    draw(folder, "one.png", batch_size=1)
    draw(folder, "all.png", batch_size=5)

    one, many = (np.asarray(folder.image(name), int) for name in ("one.png", "all.png"))
    assert np.abs(one - many).max() <= 2


def test_cells_lie_row_by_row_above_their_captions():
    plain = [
        np.full((CELL_PX, CELL_PX, 3), level, np.uint8) for level in (10, 60, 110, 160)
    ]

    page = cells.page(plain, ["1", "2", "3", ""], columns=2)

    for number, level in enumerate((10, 60, 110, 160)):
        top = cells.GAP_PX + number // 2 * STEP_Y
        left = cells.GAP_PX + number % 2 * STEP_X
        assert (page[top : top + CELL_PX, left : left + CELL_PX] == level).all()
    first, last = (
        page[top : top + cells.LINE_PX, left : left + CELL_PX]
        for top, left in (
            (cells.GAP_PX + CELL_PX, cells.GAP_PX),
            (cells.GAP_PX + STEP_Y + CELL_PX, cells.GAP_PX + STEP_X),
        )
    )
    assert first.min() < 128
    assert last.min() == 255


def test_a_long_caption_takes_two_lines_and_stays_in_its_cell():
    cell = np.zeros((96, 96, 3), np.uint8)
    name = "American Staffordshire terrier, or some other animal"

    page = cells.page([cell, cell], [name, "eye"], columns=2)

    text = page[cells.GAP_PX + 96 :]
    assert text.shape[0] == 2 * cells.LINE_PX + cells.GAP_PX
    assert text[cells.LINE_PX :, : cells.GAP_PX + 96].min() < 128
    between = text[:, cells.GAP_PX + 96 : 2 * cells.GAP_PX + 96]
    assert between.min() == 255


def test_classes_have_their_names_below_them():
    assert Atlas("motifs", "logits", (7, 22)).captions() == ["eye", "shell"]
    assert Atlas("motifs", "relu1_1", (7, 22)).captions() == ["7", "22"]


@pytest.mark.parametrize(("cell_px", "columns"), [(32, 16), (96, 16), (250, 8)])
def test_a_sheet_is_no_wider_than_a_screen_can_show(cell_px: int, columns: int):
    assert cells.columns_of(cell_px) == columns


@pytest.fixture
def small_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cells are a sheet."""
    monkeypatch.setattr(cells, "MOST_COLUMNS", 2)


@pytest.mark.usefixtures("small_sheets")
def test_many_channels_make_several_sheets(folder: Dreams):
    account = draw(folder, "made/sheet.png")

    assert folder.files("made") == ["sheet-0000.png", "sheet-0004.png"]
    assert [one["channels"] for one in account.outputs] == [[0, 1, 2, 3], [4]]


def test_the_same_command_again_draws_nothing_and_another_draws_anew(folder: Dreams):
    draw(folder)

    assert draw(folder).there == 1
    assert len(draw(folder, seed=1).outputs) == 1
    assert len(draw(folder, seed=1, channels=(1, 0)).outputs) == 1


class Impatient(Onlooker):
    """Asks for an end when the fifth channel is under way; twice for one at once."""

    def __init__(self, *, aborts: bool) -> None:
        super().__init__()
        self._aborts = aborts

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        if done > 4:
            self.stopping.set()
        if done > 4 and self._aborts:
            self.aborting.set()


@pytest.mark.usefixtures("small_sheets")
@pytest.mark.parametrize("aborts", [False, True])
def test_stopped_it_keeps_whole_sheets_and_goes_on_from_there(folder, aborts):
    many = {"channels": tuple(range(9)), "batch_size": 2}
    with watched_by(Impatient(aborts=aborts)):
        account = draw(folder, "made/sheet.png", **many)
    there = folder.files("made")

    again = draw(folder, "made/sheet.png", **many)

    assert (len(account.outputs), account.left) == (1, 2)
    assert there == ["sheet-0000.png"]
    assert (again.there, len(again.outputs)) == (1, 2)


@pytest.mark.parametrize(
    ("out", "match"),
    [
        ("sheet.gif", r"has to end in \.png"),
        ("mine.png", "was not made by this command"),
        ("photo.jpg/sheet.png", "is no folder"),
    ],
)
def test_a_file_that_cannot_be(folder: Dreams, out: str, match: str):
    folder.put("mine.png", encoded(paint(4), "PNG"))

    with pytest.raises(UsageError, match=match):
        draw(folder, out)
