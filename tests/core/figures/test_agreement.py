"""How well people agree and how often each is right, against cases by hand, and against what the bounds promise."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest

from core.figures import agreement, binomial
from core.figures.agreement import FEW_LABELS, PRIOR, SURE, Rate, kappa, settle

PAGE = Path(__file__).parents[3] / "docs/labels.md"
B, M, O = "bicycle", "motorcycle", "other"  # noqa: E741


def test_kappa_is_cohen_s():
    # 20 yes both, 5 yes and no, 10 no and yes, 15 no both: agreement 0.7, by chance 0.5.
    told = kappa([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15)
    assert told is not None
    assert told.value == pytest.approx(0.4)
    assert told.low < 0.4 < told.high


def test_all_agreed_is_one_and_few_show_little():
    few, many = kappa([(B, B), (M, M)] * 3), kappa([(B, B), (M, M)] * 100)
    assert few is not None and many is not None
    assert few.value == few.high == many.value == many.high == pytest.approx(1)
    assert few.low < 0.3 < 0.9 < many.low


def test_where_everybody_says_the_same_nothing_can_be_told():
    assert kappa([]) is None
    assert kappa([(B, B)] * 20) is None


@pytest.mark.parametrize("n", [20, 150])
@pytest.mark.parametrize("mix", [(0.5, 0.5), (0.9, 0.1), (0.6, 0.3, 0.1)])
@pytest.mark.parametrize("right", [(0.8, 0.8), (0.95, 0.95), (0.98, 0.8)])
def test_kappa_s_bounds_hold(mix, right, n):
    """In 19 of 20 samples, and what the simulation itself may be wrong by."""
    random, classes, samples = np.random.default_rng(5), len(mix), 600
    shares = [np.array(mix) * it + (1 - np.array(mix)) * (1 - it) / (classes - 1) for it in right]
    agreed = right[0] * right[1] + (1 - right[0]) * (1 - right[1]) / (classes - 1)
    true = agreement.beyond(agreed, float(shares[0] @ shares[1]))
    missed = np.zeros(2)
    for _ in range(samples):
        shown = random.choice(classes, n, p=mix)
        said = []
        for often in right:
            other = (shown + random.integers(1, classes, n)) % classes
            said.append(np.where(random.random(n) < often, shown, other))
        told = kappa([(str(a), str(b)) for a, b in zip(*said, strict=True)])
        if told is not None:
            missed += told.low > true, told.high < true
    assert max(missed) / samples <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / samples)


def test_whoever_had_no_known_answer_counts_as_people_do_at_first():
    new = Rate("anna", 0, 0, 0)
    assert new.value == PRIOR == 0.95
    assert new.low < SURE < new.value < new.high < 1
    # Of Beta(19, 1) the distribution is x**19.
    assert (new.low, new.high) == (pytest.approx(0.05 ** (1 / 19)), pytest.approx(0.95 ** (1 / 19)))


def test_known_answers_move_it():
    assert Rate("anna", 100, 30, 30).value == pytest.approx(49 / 50)
    assert Rate("anna", 100, 30, 24).value == pytest.approx(43 / 50)
    assert [Rate("anna", 100, 30, it).is_right_enough for it in (25, 26)] == [False, True]
    assert [Rate("anna", it, 0, 0).is_new for it in (FEW_LABELS - 1, FEW_LABELS)] == [True, False]


@pytest.mark.parametrize(("n", "wrong"), [(0, 0), (2, 2), (10, 3), (40, 7)])
def test_what_it_probably_is_leaves_one_in_twenty_on_each_side(n, wrong):
    rate = Rate("anna", 100, n, n - wrong)
    drawn = np.random.default_rng(7).beta(19 + n - wrong, 1 + wrong, 100_000)
    assert [rate.low, rate.value, rate.high] == pytest.approx(
        [np.quantile(drawn, 0.05), drawn.mean(), np.quantile(drawn, 0.95)], abs=0.003
    )


def test_two_mistakes_of_two_are_chance_and_thirty_of_a_hundred_are_not():
    few, many = Rate("anna", 100, 2, 0), Rate("anna", 100, 100, 70)
    assert few.value < SURE
    assert (few.is_right_enough, many.is_right_enough) == (True, False)
    assert few.weight == SURE  # who counts does so alone
    assert Rate("anna", 100, 30, 30).weight == pytest.approx(49 / 50)


@functools.cache
def found(wrong: float, n: int) -> float:
    """How probable it is that somebody who is wrong so often is left out after n known answers."""
    bad = [it for it in range(n + 1) if not Rate("", 99, n, it).is_right_enough]
    return 1 - binomial.at_least(max(bad) + 1, n, 1 - wrong) if bad else 0.0


def found_by(wrong: float, labels: int) -> float:
    """After so many labels, of which one in twenty, by chance, is a known answer."""
    asked = [
        binomial.at_least(n, labels, 1 / 20) - binomial.at_least(n + 1, labels, 1 / 20) for n in range(labels)
    ]
    return sum(share * found(wrong, n) for n, share in enumerate(asked) if share > 1e-9)


def test_so_many_labels_find_somebody_who_is_wrong_so_often():
    """As docs/labels.md says: of each row the labels, and who is left out then."""
    rows = re.findall(r"^\| ([\d,]+) \| (\d+) \| ([\d.% |]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == 6
    for text, known, shares in rows:
        labels = int(text.replace(",", ""))
        assert int(known) == labels // 20
        assert [f"{found_by(wrong, labels):.1%}" for wrong in (0.3, 0.2, 0.15, 0.05, 0.02)] == shares.split(
            " | "
        )


@pytest.mark.parametrize("n", [5, 10, 20, 40, 80, 200])
def test_hardly_anybody_is_left_out_who_is_wrong_one_time_in_twenty(n):
    assert found(0.05, n) < 0.02


def test_one_s_word_is_as_sure_as_they_are():
    for choices in (2, 3, 6):
        assert settle([(B, 0.95)], choices) == (B, pytest.approx(0.95))
        assert settle([(B, 0.5)], choices)[0] == B


def test_two_who_agree_are_surer_and_two_who_do_not_are_not_sure():
    assert settle([(B, 0.95), (B, 0.95)], 2) == (B, pytest.approx(0.95**2 / (0.95**2 + 0.05**2)))
    assert settle([(B, 0.95), (M, 0.95)], 2)[1] == pytest.approx(0.5)
    best, sure = settle([(B, 0.95), (M, 0.95), (B, 0.95)], 2)
    assert (best, sure) == (B, pytest.approx(0.95))


def test_whoever_is_right_more_often_weighs_more():
    best, sure = settle([(M, 0.91), (B, 0.99)], 2)
    assert best == B
    assert sure == pytest.approx(0.99 * 0.09 / (0.99 * 0.09 + 0.01 * 0.91))


def test_what_nobody_said_may_be_true_as_well():
    assert settle([(B, 0.95), (M, 0.95)], 3)[1] < 0.5
    assert settle([(B, 0.9), (M, 0.9), (O, 0.9)], 2)[1] == pytest.approx(
        1 / 3
    )  # more were said than were told of
