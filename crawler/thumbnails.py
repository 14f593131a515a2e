"""Which size of an image a wiki is asked for."""

# https://www.mediawiki.org/wiki/Common_thumbnail_sizes; Wikimedia refuses others.
WIDTHS_PX = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)


def largest_width(side_px: int) -> int:
    """The largest allowed width that is not above `side_px`."""
    return max(width for width in WIDTHS_PX if width <= max(side_px, WIDTHS_PX[0]))


def thumbnail_width(
    width_px: int, height_px: int, side_px: int, *, scalable: bool = False
) -> int | None:
    """The allowed width at which an image of this shape comes nearest to `side_px`.

    That is the largest at which its long side is not above `side_px`, or the next one
    where that would be less than half of it. An image that is not `scalable` has no
    thumbnail as wide as itself: None when every allowed width is.
    """
    stretch = max(1.0, height_px / width_px)  # long side per pixel of width
    allowed = [width for width in WIDTHS_PX if scalable or width < width_px]
    small = [width for width in allowed if width * stretch <= side_px]
    if small and 2 * small[-1] * stretch >= side_px:
        return small[-1]
    return next(iter(allowed[len(small) :] + small[-1:]), None)
