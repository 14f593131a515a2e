"""The demo website's pages, as HTML."""

from collections.abc import Iterable, Mapping
from html import escape

from flows import demo_pictures as pictures
from flows.demo_pictures import Picture

WIDTHS = (320, 512)
"""The smaller widths that `srcset` offers beside the full one."""

STYLE = """
:root { --ink: #23262e; --paper: #faf7f2; --soft: #75706a; --accent: #c2552d; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.65 Georgia, "DejaVu Serif", serif; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 3px; }
nav { display: flex; flex-wrap: wrap; gap: 1.6rem; align-items: baseline;
  padding: 1.4rem 6vw; border-bottom: 1px solid #e6dfd5; }
nav a { color: var(--ink); text-decoration: none; }
nav a:first-child { font-size: 1.35rem; font-style: italic; margin-right: auto; }
header { padding: 3.2rem 6vw 1rem; max-width: 60rem; }
h1 { font-weight: 400; font-size: clamp(2rem, 5vw, 3.2rem); line-height: 1.15;
  margin: 0 0 .8rem; }
main { padding: 1rem 6vw 4rem; }
.wall { columns: 3 19rem; column-gap: 2rem; }
.story { max-width: 44rem; }
figure { margin: 0 0 2.2rem; break-inside: avoid; }
figure img { width: 100%; height: auto; display: block; border-radius: 3px;
  box-shadow: 0 10px 30px -14px rgba(35, 30, 20, .55); }
figcaption { margin-top: .7rem; font-size: .95rem; }
.credit { display: block; color: var(--soft); font-size: .82rem; }
.credit a { color: inherit; }
.icon { width: 24px; height: 24px; vertical-align: -5px; image-rendering: pixelated; }
footer { padding: 2rem 6vw; color: var(--soft); font-size: .85rem;
  border-top: 1px solid #e6dfd5; }
"""

NAVIGATION = {
    "/": "Painted Light",
    "/beaches/": "Beaches",
    "/forests/": "Forests",
    "/cities/": "Cities",
    "/mountains/": "Mountains",
    "/about.html": "About",
}


def pages() -> Mapping[str, str]:
    """Every page by its path, the disallowed one included."""
    return {
        "/": _index(),
        "/beaches/": _beaches(),
        "/beaches/more.html": _more_beaches(),
        "/beaches/evening-walk.html": _evening_walk(),
        "/beaches/attic.html": _attic(),
        "/beaches/postcard.html": _postcard(),
        "/forests/": _gallery(
            "Forests", "Trees are patient sitters.", pictures.FORESTS
        ),
        "/cities/": _gallery("Cities", "Windows, rivers, bridges.", pictures.CITIES),
        "/mountains/": _gallery("Mountains", "Far and farther.", pictures.MOUNTAINS),
        "/about.html": _about(),
        "/private/drafts.html": _page(
            "Drafts", "Not ready yet.", _wall(figure(pictures.DISALLOWED))
        ),
    }


def figure(picture: Picture, path: str | None = None) -> str:
    """A picture with caption, author and licence; at `path` in one size only."""
    if path:
        source = f'src="{path}"'
    else:
        widths = [width for width in WIDTHS if width < picture.size[1]]
        candidates = [f"{picture.path(w)} {w}w" for w in (*widths, picture.size[1])]
        source = f'src="{picture.path(widths[-1])}" srcset="{", ".join(candidates)}"'
        source += ' sizes="(min-width: 60rem) 30vw, 90vw"'
    title = f' title="{escape(picture.title)}"' if picture.title else ""
    return (
        f'<figure>\n<img {source} alt="{escape(picture.alt)}"{title} loading="lazy">\n'
        f"<figcaption>{escape(picture.caption)} {_credit(picture)}</figcaption>\n"
        "</figure>"
    )


def _credit(picture: Picture) -> str:
    author = escape(picture.author)
    credit = f'<a class="author" rel="author" href="/about.html">{author}</a>'
    if picture.licence:
        licence = picture.licence
        credit += f' · <a rel="license" href="{licence.url}">{licence.name}</a>'
    return f'<small class="credit">{credit}</small>'


def _page(title: str, lead: str, body: str) -> str:
    links = "\n".join(f'<a href="{p}">{name}</a>' for p, name in NAVIGATION.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} | Painted Light</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<nav>
{links}
</nav>
<header>
<h1>{escape(title)}</h1>
<p>{lead}</p>
</header>
<main>
{body}
</main>
<footer>Painted Light is the demo website of crawl-and-dream. Its pictures are painted
by a program, its people are invented, its mistakes are deliberate.</footer>
</body>
</html>
"""


def _wall(*figures: str) -> str:
    return '<div class="wall">\n' + "\n".join(figures) + "\n</div>"


def _gallery(title: str, lead: str, shown: Iterable[Picture]) -> str:
    return _page(title, lead, _wall(*map(figure, shown)))


def _index() -> str:
    lead = (
        "A small collection of places and the light they stood in. Start with the "
        '<a href="/beaches/">beaches</a>, or with an '
        '<a href="/beaches/evening-walk.html">evening walk</a>.'
    )
    shown = (pictures.MOUNTAINS[1], pictures.FORESTS[0], pictures.CITIES[0])
    return _page("Places and their light", lead, _wall(*map(figure, shown)))


def _beaches() -> str:
    icons = "".join(
        f'<img class="icon" src="/icons/{name}.png" alt="sunset beach"> '
        for name in pictures.ICONS
    )
    lead = (
        f"{icons}Evenings at the sea. "
        '<a href="/beaches/more.html" rel="next">More of them</a>, and what we keep in '
        '<a href="/beaches/attic.html">the attic</a>.'
    )
    shown = (pictures.GOLDEN_HOUR, pictures.THREE_PALMS, pictures.SEA_STACKS)
    return _page("Beaches", lead, _wall(*map(figure, shown)))


def _more_beaches() -> str:
    lead = 'Page two. <a href="/beaches/" rel="prev">Back to page one</a>.'
    figures = (
        figure(pictures.PIER),
        figure(pictures.GOLDEN_HOUR, "/postcards/golden-hour-copy.jpg"),
        figure(pictures.THREE_PALMS, "/postcards/three-palms-mailed.jpg"),
    )
    return _page("More beaches", lead, _wall(*figures))


def _evening_walk() -> str:
    story = (
        "<p>We left the village when the shops closed and followed the water north. "
        "Nobody had told us about the towers.</p>",
        figure(pictures.LIGHTHOUSE),
        "<p>By the time we reached the point the lamp was on. The sand was still warm, "
        "and the tide had written its lines all along the bay.</p>",
        figure(pictures.CRIMSON),
        "<p>In the guest house they sold this one as a bookmark.</p>",
        figure(pictures.SEA_STACKS, "/postcards/sunset-beach-bookmark.jpg"),
    )
    body = '<article class="story">\n' + "\n".join(story) + "\n</article>"
    return _page("An evening walk", "Four miles, two hours, no plan.", body)


def _attic() -> str:
    lead = (
        "Pictures with a story of their own, not all of it happy. One has no story: "
        '<a href="/beaches/postcard.html">the postcard</a>.'
    )
    shown = (
        pictures.NO_DERIVATIVES,
        pictures.NO_AI,
        pictures.TRUNCATED,
        pictures.NOT_AN_IMAGE,
    )
    return _page("The attic", lead, _wall(*map(figure, shown)))


def _postcard() -> str:
    # No licence anywhere on this page: nothing may lend the postcard one.
    wall = _wall(figure(pictures.UNLICENSED))
    return _page("The postcard", "If it is yours, tell us.", wall)


def _about() -> str:
    body = """<div class="story">
<p>Mara Lindqvist, Tomás Reyes and Ines Okafor walk, wait and look. Every picture says
beside it what you may do with it.</p>
<p>What is not finished lies in the <a href="/private/drafts.html">drafts</a>; robots
are asked to stay out.</p>
</div>"""
    return _page("About", "Three people and a van.", body)
