"""What a person is given to decide when no driver waits."""

from collections.abc import Container

from lambdas.calls import candidates, known_answers
from lambdas.calls.api_settings import Settings, write_now
from lambdas.calls.candidates import LOT, Candidate


def lot(given: Settings, me: str, besides: Container[str]) -> list[Candidate]:
    """Of the archive and of the blind sample, half of each where there is enough; their order tells neither.

    One place in twenty has a photo whose answer is known. So it is always the same number, of which whoever wants fewer
    takes the first. The order is chance, and a person's own for an hour: the sample's ids are the lowest of their days.
    """
    blind = candidates.find_blind(given, me, besides)[:LOT]
    archive = candidates.find_archived(given, me, besides)
    taken = blind[: max(LOT // 2, LOT - len(archive))]
    others = [*taken, *archive[: LOT - len(taken)]]
    known = known_answers.find(given, me, besides, len(others))
    hour = write_now()[:13]
    return sorted([*others[: LOT - len(known)], *known], key=lambda it: candidates.shuffle(me, hour, it.id))
