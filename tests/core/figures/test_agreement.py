"""How well people agree and how often each is right, against cases by hand, and against what the bounds promise."""

import numpy as np
import pytest

from core.figures import agreement, binomial
from core.figures.agreement import FEW_LABELS, PRIOR, SURE, Rate, kappa, settle

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


def found(wrong: float, n: int) -> float:
    """How probable it is that somebody who is wrong so often is left out after n known answers."""
    most = max(it for it in range(n + 1) if not Rate("", 99, n, it).is_right_enough)
    return 1 - binomial.at_least(most + 1, n, 1 - wrong)


@pytest.mark.parametrize(("n", "share"), [(20, 0.55), (40, 0.8), (80, 0.95)])
def test_so_many_known_answers_find_somebody_who_is_wrong_one_time_in_five(n, share):
    """As docs/labels.md says."""
    assert share <= found(0.2, n) <= share + 0.05


@pytest.mark.parametrize("n", [5, 10, 20, 40, 80, 200])
def test_hardly_anybody_is_left_out_who_is_wrong_one_time_in_twenty(n):
    assert found(0.05, n) < 0.025


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
