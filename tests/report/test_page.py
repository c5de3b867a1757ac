"""The page: what it is given comes out, escaped, with a picture for every background, and nothing from elsewhere."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from math import ceil
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
    assert [image["alt"] for image in elements.of("img")] == [NASTY] * 3


def test_a_chart_is_there_in_both_colours_and_in_each_width(chart):
    small = replace(chart, name="small", phone=replace(chart, name="phone"))
    images = rendered(Picture(chart, "caption", narrow=small)).of("img")
    assert [image["class"] for image in images] == [
        *("wide light", "wide dark"),
        *("plain light", "plain dark"),
        *("phone light", "phone dark"),
    ]
    assert [image["src"] for image in images] == [page.embed(chart.light), page.embed(chart.dark)] * 3
    assert {(image["width"], image["height"]) for image in images} == {("192", "96")}, (
        "160 pixels of a chart are an inch, 96 of the page"
    )
    assert not any("style" in image for image in images)


def test_a_chart_without_a_narrow_form_keeps_a_width_at_which_its_text_can_be_read(chart):
    elements = rendered(Picture(chart, "caption"))
    least = ceil(192 * 11 / (9.5 * 96 / 72))
    assert {image["style"] for image in elements.of("img")} == {f"min-width: {least}px"}
    assert "Wider than this screen: scroll it sideways." in elements.text


def test_every_section_and_every_other_model_is_in_the_contents():
    sections = [Section(name, "1 record.", []) for name in ("What it answers", "Has anything moved?")]
    parts = [Part(name, "", Badge("", "steady"), [], sections) for name in ("In prod", "Another model: 0f")]
    elements = Elements(page.render(parts[0], parts[1:], ""))
    links = [link["href"] for link in elements.of("a")]
    assert links == ["#what-it-answers", "#has-anything-moved", "#another-model-0f", "#in-prod"]
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids)) == 6
    assert {link[1:] for link in links} <= set(ids)


def test_small_photos_keep_sharp_pixels_and_large_ones_do_not():
    photos = [Photo(png(side, side), "", "", []) for side in (32, 256)]
    assert ["class" in image for image in rendered(Gallery("", "", photos)).of("img")] == [True, False]


def test_nothing_comes_from_elsewhere(chart):
    elements = rendered(Picture(chart, "caption"))
    places = [
        value for _, a in elements.found for name, value in a.items() if name in ("src", "href", "srcset")
    ]
    assert places
    assert all(place.startswith(("data:", "#")) for place in places)
    (policy,) = [meta["content"] for meta in elements.of("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not re.search(r"url\(|@import", Path(page.HERE / "page.css").read_text())


def test_another_model_is_a_part_of_its_own_one_heading_below():
    section = Section("Section", "1 record.", [])
    parts = [Part(name, "", Badge("", "steady"), [], [section]) for name in ("first", "second")]
    headings = re.findall(r"<(h\d)>(.*?)</h", page.render(parts[0], parts[1:], ""))
    assert headings == [("h1", "first"), ("h2", "Section"), ("h2", "second"), ("h3", "Section")]
