"""What can go wrong in `stylize`, one class per reaction of a caller.

StylizeError
├── RecipeError    the recipe has to be corrected
├── PictureError   a style or guide picture has to be replaced
├── LayerError     another layer or backbone has to be named
├── WeightsError   weights have to be fetched or replaced
└── DeviceError    another device has to be chosen
"""


class StylizeError(Exception):
    """Base of everything that `stylize` raises on purpose; its message is one line."""


class RecipeError(StylizeError):
    """A recipe is unknown or says something that no recipe can say."""


class PictureError(StylizeError):
    """A style or guide picture is missing or cannot be decoded."""


class LayerError(StylizeError):
    """There is no such backbone, or no such layer in it."""


class WeightsError(StylizeError):
    """A backbone's weights are missing, damaged or another network's."""


class DeviceError(StylizeError):
    """The device that was asked for is not there."""
