"""What is made of labels: counts, agreement, the model's mistakes, other vehicles, and who is named."""

import io

import pytest
from rich.console import Console
from tests.operations.label_book import B, Book, M, photo

from core.figures.agreement import FEW_LABELS
from core.label_store import Labels
from operations import label_figures, labels_now


@pytest.fixture
def book() -> Book:
    return Book()


def read(drawn) -> list[list[str]]:
    """The rows of what is printed, cell by cell."""
    printed = io.StringIO()
    Console(file=printed, width=200).print(drawn)
    rows = [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in printed.getvalue().split("\n")
    ]
    return [row for row in rows if row and "─" not in row[0]]


def labels(book: Book) -> Labels:
    return Labels(book.said, book.withdrawn)


def test_labels_are_counted_by_day_and_what_they_say(book):
    for n, label in enumerate((B, B, M, "other", "cannot_tell")):
        book.say("anna", n, label, vehicle="rickshaw" if label == "other" else "")
    book.withdrawn = {book.said[0].name: "no"}
    assert read(label_figures.by_day(labels(book))) == [
        ["What people said"],
        ["day (UTC)", B, M, "other", "unusable", "cannot tell", "labels"],
        ["2026-11-25", "1", "1", "1", "0", "1", "4"],
        ["1 more were withdrawn"],
    ]


def test_agreement_is_of_two_people_who_did_not_know_each_other_s_answer(book):
    for n in range(50):
        book.say("anna", n, B if n % 2 else M)
        book.say("ben", n, B if n % 2 or n < 10 else M)
    book.say("anna", "alone", B)
    book.say("anna", "twice", B)
    book.say("anna", "twice", M)
    book.say("cleo", 0, M, known=B)  # asked to see how right they are
    for person in ("anna", "ben"):
        book.say(person, "none", "cannot_tell")
    told = label_figures.agree(labels(book), book.who)
    assert (told.photos, told.agreed) == (50, 45)
    assert str(told).startswith(
        "50 photos were judged by two people: they agree on 90.0%; kappa 0.80, surely between "
    )
    # Whose names are not known may be one and the same.
    assert label_figures.agree(labels(book), {}).photos == 0
    assert "no photo was judged by two" in str(label_figures.agree(labels(book), {}))


def test_the_model_s_mistakes_are_of_the_blind_sample_and_of_what_it_was_not_sure_of(book):
    book.work("anna")
    for n in range(10):
        book.say("anna", f"blind {n}", M if n < 3 else B, blind=True, answer=B)
    book.say("anna", "blind other", "other", blind=True, answer=B)
    book.say("anna", "blind nothing", "unusable", blind=True, answer=B)
    book.say("anna", "chosen", M, blind=True, answer=B, kind="evaluation")
    book.say("anna", "asked", M, blind=True, answer=B, known=M)
    for n in range(4):
        book.say("anna", f"unsure {n}", M, routed_day="", answer=M if n else B)
    of = lambda chosen: read(label_figures.mistakes(book.said, book.judge(), chosen, "T"))  # noqa: E731
    assert of(label_figures.is_blind) == [
        ["T"],
        ["it shows", f"answered {B}"],
        [B, "7"],
        [M, "3"],
        ["other", "1"],
        ["right in 7 of 11, 63.6%"],
    ]
    assert of(label_figures.is_unsure)[-2:] == [[M, "1", "3"], ["right in 3 of 4, 75.0%"]]
    assert label_figures.mistakes([], book.judge(), label_figures.is_blind, "T") is None


def test_another_vehicle_that_comes_on_three_days_is_a_class_to_add(book):
    assert label_figures.others(labels(book)) is None
    for day in (21, 22, 23):
        at = f"2026-11-{day}T09:00:00.000Z"
        book.say("anna", day, "other", vehicle="cargo bike" if day < 23 else " Cargo  bike", at=at)
        book.say("ben", day, "other", vehicle="cargo bike", at=at)
    for n in range(2):
        book.say("anna", f"tram {n}", "other", vehicle="tram")
    assert read(label_figures.others(labels(book)))[1:] == [
        ["other", "photos", "days"],
        ["cargo bike", "3", "3", "a class to add"],
        ["tram", "2", "1"],
        ["A class is added as docs/labels.md#a-class-to-add says."],
    ]


def shown(book: Book, by_person: bool) -> str:
    told = labels_now.describe(labels(book), book.who, book.judge(), by_person)
    return "\n".join(str(row) for it in told for row in (read(it)))


def test_whoever_is_not_right_often_enough_is_named_and_all_only_where_there_are_figures_by_person(book):
    for person in ("anna", "ben"):
        book.work(person)
        for n in range(30):
            book.say(person, f"known {n}", B if person == "ben" and n < 9 else M, known=M)
    book.work("cleo", FEW_LABELS - 10)
    named, all_of_them = shown(book, False), shown(book, True)
    assert "'ben', '70', '21 of 30', '80.0%'" in named
    assert "'do not count'" in named
    assert not {"anna", "cleo"} & {word.strip("'[],") for word in named.split()}
    assert "'anna', '70', '30 of 30', '98.0%'" in all_of_them
    assert "'wait for 10 more'" in all_of_them


def test_what_does_not_count_is_counted(book):
    book.work("anna")
    book.say("anna", 1, B)
    book.say("ben", 2, B)
    assert read(label_figures.left_out(book.judge()))[2:] == [["stands", "41"], ["too new", "1"]]
    assert photo(2) in book.judge().reasons
