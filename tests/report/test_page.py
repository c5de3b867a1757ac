"""The page: what it is given comes out, escaped, with a picture for every background, and nothing from elsewhere."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from report import page
from report.page import Badge, Gallery, Missing, Part, Photo, Picture, Section, Sentences, Table, Tile
from report.theme import Chart

NASTY = """<script>alert("1")</script> & 'quoted'"""


def png(width: int, height: int, colour: str = "white") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def chart(tmp_path: Path) -> Chart:
    light, dark = tmp_path / "c.png", tmp_path / "c-dark.png"
    light.write_bytes(png(320, 160))
    dark.write_bytes(png(320, 160, "black"))
    return Chart("c", "Chart", NASTY, light, dark)


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def rendered(*blocks: page.Block, title: str = "Title") -> Elements:
    section = Section("Section", "10 records.", blocks)
    part = Part(title, "lead", Badge("Nothing moved", "steady"), [Tile("Records", "10", "note")], [section])
    return Elements(page.render(part, [], "footer"))


def test_everything_that_it_is_given_is_escaped(chart):
    elements = rendered(
        Picture(chart, NASTY),
        Table(NASTY, [NASTY], [[NASTY, Badge(NASTY, "moved")]]),
        Gallery(NASTY, NASTY, [Photo(png(32, 32), NASTY, NASTY, [NASTY])]),
        Missing(NASTY),
        Sentences([Badge(NASTY, "unknown")]),
        title=NASTY,
    )
    assert not elements.of("script")
    assert "".join(elements.text).count(NASTY) == 13
    assert [image["alt"] for image in elements.of("img")] == [NASTY, NASTY]


def test_a_chart_has_a_dark_picture_for_screens_and_is_light_on_paper(chart):
    elements = rendered(Picture(chart, "caption", narrow=chart))
    light, dark = page.embed(chart.light), page.embed(chart.dark)
    assert [(source["media"], source["srcset"] == dark) for source in elements.of("source")] == [
        ("screen and (max-width: 700px) and (prefers-color-scheme: dark)", True),
        ("screen and (max-width: 700px)", False),
        ("screen and (prefers-color-scheme: dark)", True),
    ]
    (image,) = elements.of("img")
    assert image["src"] == light
    assert (image["width"], image["height"]) == ("192", "96"), (
        "160 pixels of a chart are an inch, 96 of the page"
    )


def test_small_photos_keep_sharp_pixels_and_large_ones_do_not():
    photos = [Photo(png(side, side), "", "", []) for side in (32, 256)]
    assert ["class" in image for image in rendered(Gallery("", "", photos)).of("img")] == [True, False]


def test_nothing_comes_from_elsewhere(chart):
    elements = rendered(Picture(chart, "caption"))
    places = [
        value for _, a in elements.found for name, value in a.items() if name in ("src", "href", "srcset")
    ]
    assert places
    assert all(place.startswith("data:") for place in places)
    (policy,) = [meta["content"] for meta in elements.of("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not re.search(r"url\(|@import", Path(page.HERE / "page.css").read_text())


def test_another_model_is_a_part_of_its_own_one_heading_below():
    section = Section("Section", "1 record.", [])
    parts = [Part(name, "", Badge("", "steady"), [], [section]) for name in ("first", "second")]
    headings = re.findall(r"<(h\d)>(.*?)</h", page.render(parts[0], parts[1:], ""))
    assert headings == [("h1", "first"), ("h2", "Section"), ("h2", "second"), ("h3", "Section")]
