"""What classifiers tell apart, by name and number."""

from stylize import ensemble, networks, pyramid
from stylize.errors import LayerError
from stylize.motifs import network as motifs


def names(backbone: str) -> tuple[str, ...]:
    """The names of a backbone's classes, in the order of its logits.

    Raises:
        LayerError: there is no such backbone, or it tells no classes.
    """
    if backbone == motifs.NAME:
        return motifs.CLASSES
    if backbone in (pyramid.PYRAMID, ensemble.NAME):
        raise LayerError(f"{backbone} tells no classes: try {motifs.NAME}")
    return tuple(networks.published(backbone).meta["categories"])


def find(backbone: str, wanted: str) -> int:
    """The number of the class that is called so, or has this number already.

    Case does not count. Of several classes of one name the first is taken.

    Raises:
        LayerError: the backbone has no such class; the message has the nearest names.
    """
    known = names(backbone)
    if wanted.isdecimal():
        if int(wanted) < len(known):
            return int(wanted)
        raise LayerError(
            f"{backbone} has no class {wanted}: they are 0 to {len(known) - 1}"
        )
    folded = [name.casefold() for name in known]
    if wanted.casefold() in folded:
        return folded.index(wanted.casefold())
    raise LayerError(
        f"{backbone} has no class {wanted!r}{networks.nearest(wanted, known)}"
    )


def layer(backbone: str) -> str:
    """The layer in which a class is dreamt of: its logits, or where motifs are told."""
    if backbone == motifs.NAME:
        return motifs.DIRECTED
    if backbone in networks.CHAINS:
        return networks.LOGITS
    from stylize.layers import listing

    return listing(backbone)[-1].name
