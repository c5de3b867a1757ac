"""One of three people says the wrong class one time in five: known answers tell, and nothing of theirs is learned.

With real drawings, from labels in an environment's bucket to versions of its data set.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.builders import png, put_label
from tests.operations.label_book import B, Book, M, photo

from core import environment
from operations import make_dataset
from training import dataset_versions, sample

NAMES = (B, M)
OF_EACH, ASKED = 45, 40  # photos that each judges alone, and known answers
NOW = datetime.now(UTC)
BASE = Path("build/data/sample")


@pytest.fixture(scope="module")
def drawn() -> list[tuple[bytes, str]]:
    rows = sample.draw(OF_EACH * 3 + ASKED, 2, seed=11).train
    return [(png(pixels), NAMES[it]) for pixels, it in zip(rows.images, rows.labels, strict=True)]


@pytest.fixture
def say(aws, bucket, table, reviews, prefix, staged_sample, drawn, tmp_path, monkeypatch, cloud_variables):
    """Put all that a book has into an environment, in which the drawings are staged."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("terraform/envs").mkdir(parents=True)
    Path("terraform/envs/local.tfvars").touch()
    shutil.copytree(staged_sample, BASE)
    api = {"reviews_table": f"{prefix}-reviews", "person_days": 30, "person_statistics": False}
    monkeypatch.setattr(
        environment, "outputs", lambda _env: {"bucket": bucket, "api": api, "register_table": table}
    )
    reviews("f" * 64)  # makes the table
    pictures = {photo(n): content for n, (content, _) in enumerate(drawn)}
    expires = {"N": str(int((NOW + timedelta(days=20)).timestamp()))}

    def say(book: Book) -> None:
        items: dict[str, dict[str, object]] = {}
        for it in book.said:
            put_label(aws("s3"), bucket, it, pictures[it.photo])
            item = items.setdefault(it.photo, {"photo": {"S": it.photo}, "expires": expires})
            item[f"decision_{it.number}"] = {"M": {"by": {"S": book.who[it.name]}, "at": {"S": it.at}}}
        for item in items.values():
            aws("dynamodb").put_item(TableName=f"{prefix}-reviews", Item=item)

    return say


def other(cls: str) -> str:
    return M if cls == B else B


def judge(drawn: list[tuple[bytes, str]], asks: bool) -> Book:
    """Each judges photos alone, ben every fifth of them wrongly; then ben is asked what anna and cleo agree on."""
    book = Book(now=NOW)
    for n in range(OF_EACH * 3):
        person = ("anna", "ben", "cleo")[n % 3]
        wrong = person == "ben" and n // 3 % 5 == 0
        book.say(person, n, other(drawn[n][1]) if wrong else drawn[n][1])
    for n in range(ASKED if asks else 0):
        at, cls = OF_EACH * 3 + n, drawn[OF_EACH * 3 + n][1]
        book.say("anna", at, cls)
        book.say("cleo", at, cls)
        book.say("ben", at, other(cls) if n % 5 == 0 else cls, known=cls)
    return book


def wrong_ones(folder: Path, drawn: list[tuple[bytes, str]]) -> int:
    """Pictures of a version that stand below another class than they show."""
    true = {photo(n): cls for n, (_, cls) in enumerate(drawn)}
    origins = dataset_versions.read_origins(folder)
    return sum(not name.startswith(true[it.photo]) for name, it in origins.items())


def test_a_version_is_without_whoever_is_found_and_so_is_the_model(say, drawn):
    """The same data set as by EXCLUDE=, and so the same model: nothing in training knows of people."""
    say(judge(drawn, asks=True))
    found = make_dataset.make("local", given=BASE)
    without = make_dataset.make("local", given=BASE, exclude=["ben"])
    assert found.info["dataset_id"] == without.info["dataset_id"]
    assert found.info["labels"] == without.info["labels"]
    assert found.left_out == {"person is not right often enough": OF_EACH}
    assert without.left_out == {"excluded": OF_EACH}
    assert wrong_ones(found.folder, drawn) == 0


def test_before_anybody_was_asked_their_labels_count(say, drawn):
    """What known answers are for: nothing else tells that these are wrong."""
    say(judge(drawn, asks=False))
    assert wrong_ones(make_dataset.make("local", given=BASE).folder, drawn) == OF_EACH // 5
