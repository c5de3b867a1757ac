"""`make cost`: what it reads of Terraform, what it makes of it by hand-worked examples, and the page that shows it."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.console import UserError
from cost import __main__ as cost
from cost import (
    allowed,
    answering,
    api_cost,
    batches,
    bill,
    definition,
    kinds,
    measured,
    millions,
    month,
    prices,
    schedule,
    sheets,
    standing,
    transitions,
)
from cost.measured import Measured, Took
from cost.photos import Photos
from cost.schedule import Limits
from cost.standing import Environment, Fleet, Function
from operations import workplace

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/cost.md"
OTHERS = {
    "changed": """environment = "changed"
prefix = "scones-changed"
capture_percentage = 50
lambda = { architecture = "x86_64" }
fleet = { instance_type = "ml.m5.xlarge", min_instances = 3, max_instances = 4 }
watched_sources = ["gate-1", "gate-2"]
""",
    "off": """environment = "off"
prefix = "scones-off"
endpoint_enabled = false
""",
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[definition.Resource]]:
    """What Terraform would make in our environments and in two others; planned once, because it takes seconds."""
    folder = tmp_path_factory.mktemp("cost")
    workplace.copy(folder)
    ours = definition.names()
    for env, settings in OTHERS.items():
        (folder / f"terraform/envs/{env}.tfvars").write_text(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return definition.plan([*ours, *OTHERS])


@pytest.fixture
def environments(plans) -> dict[str, Environment]:
    return {name: standing.read(name, resources) for name, resources in plans.items()}


def recorded(env: Environment, asked: prices.Prices | None = None) -> Photos:
    return Photos(1000, env, measured.read(measured.RECORDED), asked or prices.read(prices.DEFAULT))


# ---- What Terraform says


def test_an_accepted_photo_passes_eight_states_and_a_reviewed_one_seven(environments):
    machine = environments["prod"].machines["workflow"]
    accepted = transitions.path(machine)
    reviewed = transitions.path(machine, "ThresholdConfidenceNotMet")
    assert (len(accepted), len(reviewed)) == (8, 7)
    assert (transitions.writes(accepted), transitions.writes(reviewed)) == (6, 7)
    assert transitions.registered_days(accepted) == 90
    assert transitions.functions(transitions.path(machine)) == ["serialize", "classify", "filter"]


def test_a_thousand_accepted_photos_cost_prod_24_cents_at_most(environments):
    """Bookkeeping that costs a state more would go beyond it."""
    assert sum(recorded(environments["prod"]).one_by_one().values()) <= 0.24
    assert (environments["prod"].photo_reads, environments["staging"].photo_reads) == (2, 1)


def test_the_sweep_runs_each_minute_and_the_monitor_as_often_as_before(environments):
    assert environments["prod"].runs_a_day == {"monitor": 24, "label": 24, "sweep": 1440}


def test_an_api_without_calls_costs_ten_dollars_a_month_at_most(environments):
    """More than there was before it."""
    was = api_cost.read()["idle"]
    assert set(was) == {"prod", "staging"}
    for name, before in was.items():
        assert 6 < sum(month.idle(recorded(environments[name])).values()) - before <= 10
        assert environments[name].programs == 1


def test_a_decision_passes_seven_states_and_is_told(environments):
    states = transitions.decided(environments["prod"].machines["workflow"])
    assert (len(states), transitions.writes(states, waiting=True)) == (7, 6)
    assert transitions.calls(states, transitions.PUT_EVENTS) == 1
    assert transitions.functions(states) == []


def test_memory_architecture_and_fleet_are_those_of_the_configuration(environments):
    prod, changed = environments["prod"], environments["changed"]
    assert prod.functions["classify"] == Function(512, "arm64")
    assert changed.functions["classify"] == Function(512, "x86_64")
    assert prod.fleet.limits == Limits(2, 6)
    assert [it.cron for it in prod.fleet.schedule] == ["cron(0 6 * * ? *)", "cron(0 22 * * ? *)"]
    assert (changed.fleet.instance_type, changed.fleet.limits) == ("ml.m5.xlarge", Limits(3, 4))
    assert (prod.captured, changed.captured) == (0.2, 0.5)


def test_what_waits_for_a_person_is_measured_and_so_is_each_source_that_is_watched(environments):
    prod, changed = environments["prod"], environments["changed"]
    assert (prod.sources, changed.sources) == (0, 2)
    assert (prod.review_queues, changed.review_queues) == (2, 2)
    assert changed.metrics == prod.metrics + 2
    assert changed.alarm_metrics == prod.alarm_metrics + 2


def test_a_changed_setting_changes_what_it_costs(environments):
    prod, changed = recorded(environments["prod"]), recorded(environments["changed"])
    assert month.idle(changed)["endpoint"] == pytest.approx(3 * 730 * 0.23)
    assert changed.one_by_one()["Lambda"] > prod.one_by_one()["Lambda"]
    assert changed.one_by_one()["captures in S3"] > prod.one_by_one()["captures in S3"]


def test_the_off_switch_leaves_no_cost_of_an_endpoint(environments):
    off = recorded(environments["off"])
    assert month.idle(off)["endpoint"] == off.one_by_one()["endpoint"] == 0
    assert month.idle(off)["alarms"] > 0
    assert "switched off" in sheets.photos(off).note


def test_the_local_environment_costs_nothing_and_is_left_out():
    assert definition.names() == ["prod", "staging"]


# ---- What a plan changes


def test_the_first_plan_costs_what_the_environment_does(plans, environments):
    found = bill.read("prod", plans["prod"])
    assert set(found.before.values()) == {0}
    assert found.after == pytest.approx(month.idle(recorded(environments["prod"])), abs=0.005)
    assert found.more == pytest.approx(sum(found.after.values()), abs=0.005)


def test_a_larger_fleet_costs_more_and_what_is_not_known_yet_costs_what_it_did(plans):
    def change(resource):
        values = resource["change"]["after"]
        after = (
            values | {"min_capacity": 3} if resource["type"] == "aws_appautoscaling_target" else dict(values)
        )
        after.pop("dashboard_body", None)
        return resource | {"change": {"before": values, "after": after}}

    found = bill.read("staging", [change(it) for it in plans["staging"]])
    assert found.before["endpoint"] == pytest.approx(730 * 0.115, abs=0.005)
    assert found.after == found.before | {"endpoint": pytest.approx(3 * 730 * 0.115, abs=0.005)}


def test_an_environment_that_goes_costs_nothing(plans):
    gone = [it | {"change": {"before": it["change"]["after"], "after": None}} for it in plans["staging"]]
    assert set(bill.read("staging", gone).after.values()) == {0}


def test_what_terraform_forgets_costs_what_it_did(plans):
    forgotten = [
        it | {"change": {"actions": ["forget"], "before": it["change"]["after"], "after": None}}
        for it in plans["staging"]
    ]
    found = bill.read("staging", forgotten)
    assert found.after == found.before
    assert found.before["endpoint"] > 0


# ---- Hand-worked examples

MACHINE = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": transitions.LAMBDA,
            "Parameters": {"FunctionName": "arn:aws:lambda:r:1:function:classify"},
            "Catch": [
                {"ErrorEquals": ["ThresholdConfidenceNotMet"], "Next": "Wait"},
                {"ErrorEquals": ["States.ALL"], "Next": "Lost"},
            ],
            "Next": "Which",
        },
        "Which": {"Type": "Choice", "Choices": [{"Next": "Tell"}]},
        "Tell": {"Type": "Task", "Resource": transitions.PUT_EVENTS, "End": True},
        "Wait": {"Type": "Pass", "Next": "Lost"},
        "Lost": {"Type": "Fail"},
    },
}
BULK = {
    "StartAt": "Which",
    "States": {
        "Which": {"Type": "Choice", "Choices": [{"Next": "Batches"}]},
        "Batches": {
            "Type": "Map",
            "ItemBatcher": {"MaxItemsPerBatch": 40},
            "MaxConcurrency": 4,
            "Next": "Gather",
        },
        "Gather": {"Type": "Map", "MaxConcurrency": 10, "Next": "Summarise"},
        "Summarise": {"Type": "Task", "Resource": transitions.LAMBDA, "End": True},
    },
}
FLEET = Fleet("ml.m5.large", 600, Limits(1, 2), ())
ENVIRONMENT = Environment(
    name="example",
    machines={"workflow": MACHINE, "bulk": BULK},
    functions={
        "api": Function(512, "arm64"),
        "classify": Function(512, "arm64"),
        "label": Function(512, "arm64"),
        "monitor": Function(1024, "arm64"),
        "batch": Function(2048, "arm64"),
        "collect": Function(4096, "arm64"),
    },
    photo_reads=1,
    fleet=FLEET,
    captured=0.5,
    kept_days={"incoming/": 30, "captures/": 90},
    log_days=60,
    keys=1,
    alarm_metrics=20,
    dashboards=1,
    metrics=10,
    runs_a_day={"monitor": 24},
    sources=3,
    review_queues=2,
    programs=1,
    strangers=150,
)
TOOK = Measured(
    "by hand",
    {
        "api": Took(1, 20, 1000),
        "serialize": Took(1, 20, 500),
        "classify": Took(1, 100, 1000),
        "filter": Took(1, 4, 500),
        "batch": Took(100, 15, 20),
        "collect": Took(100, 2, 10),
        "label": Took(1, 40, 500),
        "monitor": Took(1, 2000, 1000),
    },
    Took(1, 250, 9000),
)


@pytest.fixture
def example() -> Photos:
    return Photos(1000, ENVIRONMENT, TOOK, prices.read(prices.DEFAULT))


def test_a_standard_workflow_is_charged_by_the_state(example):
    assert example.one_by_one()["Step Functions"] == pytest.approx(1000 * 3 * 0.000025)
    assert example.one_by_one(review=True)["Step Functions"] == pytest.approx(1000 * 3 * 0.000025)


def test_an_express_workflow_is_charged_by_requests_and_by_started_tenths_of_a_second(example):
    expected = 1000 * (0.000001 + 0.3 * 0.0625 * 0.00001667)  # 250 ms, and 64 of 1,024 MB
    assert example.one_by_one(express=True)["Step Functions"] == pytest.approx(expected)


def test_a_function_is_charged_by_requests_memory_and_time(example):
    assert example.one_by_one()["Lambda"] == pytest.approx(1000 * (0.0000002 + 0.5 * 0.1 * 0.0000133334))


def test_only_an_accepted_photo_sends_an_event(example):
    accepted, reviewed = example.one_by_one(), example.one_by_one(review=True)
    assert (accepted["EventBridge"], reviewed["EventBridge"]) == pytest.approx(
        (0.0025, 0.0015)
    )  # and the captures' own


def test_a_photo_is_stored_and_read_and_half_of_them_are_captured(example):
    costs = example.one_by_one()
    assert costs["photos in S3"] == pytest.approx(1000 * (0.000005 + 0.0000004 + 2780 / 1e9 * 0.023))
    kept = 3 * (2780 * 4 / 3 + 387) / 1e9 * 0.023  # for three months
    assert costs["captures in S3"] == pytest.approx(1000 * 0.5 * (0.000005 + kept))


def update(expression: str, **more: object) -> dict[str, object]:
    return {
        "Type": "Task",
        "Resource": transitions.UPDATE_ITEM,
        "Parameters": {"UpdateExpression": expression},
        **more,
    }


REGISTERED = {
    "StartAt": "Claim",
    "States": {
        "Claim": update(
            "SET #state = :claimed, #open = :claimed, camera = :camera REMOVE waiting_at", Next="Ask"
        ),
        "Ask": {
            "Type": "Task",
            "Resource": transitions.LAMBDA,
            "Parameters": {
                "FunctionName": "arn:aws:lambda:r:1:function:classify",
                "Payload": {"retention_days": 60},
            },
            "Catch": [{"ErrorEquals": ["ThresholdConfidenceNotMet"], "Next": "Wait"}],
            "Next": "Route",
        },
        "Route": update("SET #state = :routed, #day = :day REMOVE #open, #since", End=True),
        "Wait": update("SET #state = :waiting, #open = :waiting, waiting_at = :now", End=True),
    },
}


def test_the_register_is_charged_for_each_write_to_the_table_and_its_indexes_and_for_what_it_keeps(example):
    """Routed: into the table and both indexes, then into the table, out of one index and into that of the days.

    Waiting: it moves in that one, and is marked in the other.
    """
    model = replace(
        example, environment=replace(ENVIRONMENT, machines={"workflow": REGISTERED, "bulk": BULK})
    )
    kept = 2 * 1000 / 1e9 * (0.25 + 0.20)  # for two months
    assert model.one_by_one()["register"] == pytest.approx(1000 * (6 * 0.000000625 + kept))
    assert model.one_by_one(review=True)["register"] == pytest.approx(1000 * (7 * 0.000000625 + kept))
    assert example.one_by_one()["register"] == model.in_bulk(batches.read(ENVIRONMENT))["register"] == 0


def test_a_sweep_is_charged_for_its_runs_and_for_what_it_looks_for(example):
    sweep = {"sweep": Function(256, "arm64")}
    environment = replace(
        ENVIRONMENT, functions=ENVIRONMENT.functions | sweep, runs_a_day={"monitor": 24, "sweep": 1440}
    )
    took = replace(TOOK, functions=TOOK.functions | {"sweep": Took(1, 40, 500)})
    costs = month.idle(replace(example, environment=environment, measured=took))
    reading = (6 + 3) * 0.000000125 + 2 * 0.0000004  # three sources, and two queues
    run = 0.000001 + 0.0000002 + 0.25 * 0.04 * 0.0000133334 + 500 / 1e9 * 0.56 + reading
    assert costs["sweep"] == pytest.approx(730 * 60 * run)
    assert costs["monitor"] == month.idle(example)["monitor"] > 0 == month.idle(example)["sweep"]


def test_a_photo_of_a_program_pays_three_requests_and_its_share_of_a_token(example):
    """60 photos an hour share one; the photo is asked for, which is written, and then looked up twice."""
    straight, called = api_cost.straight(example), api_cost.of_photos(example)
    assert called["API Gateway"] == pytest.approx(1000 * 3 * 0.000001)
    assert called["tokens"] == pytest.approx(1000 / 60 * 0.00225)
    assert api_cost.of_photos(example, token_for_each=True)["tokens"] == pytest.approx(1000 * 3 * 0.00225)
    run = 0.0000002 + 0.5 * 0.02 * 0.0000133334
    assert called["Lambda"] - straight["Lambda"] == pytest.approx(1000 * 3 * run)
    assert called["register"] == pytest.approx(1000 * (2 * 0.000000625 + 2 * 0.000000125))
    logged = (1000 + 350) / 1e9 * 0.56
    assert called["logs"] - straight["logs"] == pytest.approx(1000 * 3 * logged)
    assert called["X-Ray"] - straight["X-Ray"] == pytest.approx(1000 * 3 * 0.000005)
    assert called["endpoint"] == straight["endpoint"] == example.one_by_one()["endpoint"]


DECIDING = {
    "StartAt": "NamePhoto",
    "States": {
        "NamePhoto": {"Type": "Choice", "Choices": [{"Next": "Claim"}]},
        "Claim": {"Type": "Pass", "End": True},
        "AwaitGrace": {"Type": "Wait", "Next": "ClaimDecision"},
        "ClaimDecision": update("SET #decision = :decision, labelling = :due", Next="Decided"),
        "Decided": {"Type": "Choice", "Choices": [{"Next": "RecordDecided"}]},
        "RecordDecided": update("SET #state = :decided REMOVE #open", End=True),
        "AssignDriver": {"Type": "Choice", "Choices": [{"Next": "Route"}]},
        "Route": update("SET #state = :routed, #day = :day REMOVE #open", Next="Tell"),
        "Tell": {"Type": "Task", "Resource": transitions.PUT_EVENTS, "End": True},
    },
}


def test_a_decision_pays_two_requests_its_execution_and_what_is_written_of_it(example):
    model = replace(example, environment=replace(ENVIRONMENT, machines={"workflow": DECIDING, "bulk": BULK}))
    costs = api_cost.of_decisions(model)
    assert costs["Step Functions"] == pytest.approx(1000 * 7 * 0.000025)
    assert (costs["API Gateway"], costs["EventBridge"]) == pytest.approx((0.002, 0.001))
    # Decided, while it is open, and due for a label; routed, no longer open, its day; leased, reviewed, its day;
    # labelled, and no longer due.
    writes = 3 + 3 + 3 + 2
    assert costs["register"] == pytest.approx(1000 * (writes * 0.000000625 + 7 * 0.000000125))
    kept = 12 * 2780 / 1e9 * 0.023
    assert costs["photos in S3"] == pytest.approx(1000 * (2 * 0.0000004 + 2 * 0.000005 + kept))
    labelled = 0.0000002 + 0.5 * 0.12 * 0.0000133334
    calls = 2 * api_cost.call(model)["Lambda"]
    assert costs["Lambda"] == pytest.approx(1000 * (calls + labelled))
    assert costs["X-Ray"] == pytest.approx(1000 * 3 * 0.000005)
    assert costs["endpoint"] == costs["tokens"] == 0


def test_labels_are_looked_for_each_hour_also_where_there_are_none(example):
    environment = replace(ENVIRONMENT, runs_a_day={"label": 24})
    run = 0.000001 + 0.0000002 + 0.5 * 0.04 * 0.0000133334 + 500 / 1e9 * 0.56 + 0.000000125
    assert month.idle(replace(example, environment=environment))["label"] == pytest.approx(730 * run)
    assert month.idle(example)["label"] == 0


def test_a_page_with_nothing_to_decide_pays_a_call_each_two_seconds_and_what_it_reads(example):
    calls = sum(api_cost.call(example).values())
    assert calls > 0.000001 + 0.000005  # its request and its trace
    assert api_cost.of_an_idle_hour(example) == pytest.approx(1800 * (calls + 4 * 0.000000125))


def test_a_page_pays_its_requests_and_whoever_asks_too_often_what_the_gateway_lets_through(example):
    one = sum(api_cost.call(example).values())
    assert api_cost.of_views(example) == pytest.approx((1000 * one, 20_000 * one))
    assert api_cost.of_strangers(example) == pytest.approx(150 * 3600 * one)
    nobody = replace(example, environment=replace(ENVIRONMENT, strangers=0))
    assert api_cost.of_strangers(nobody) == 0


def test_a_program_stands_by_for_six_dollars_and_people_for_nothing(example):
    none = replace(example, environment=replace(ENVIRONMENT, programs=0))
    assert month.idle(example)["programs of the API"] == 6
    assert month.idle(none)["programs of the API"] == 0


def test_a_function_that_nobody_has_called_is_as_it_came_with_the_code(tmp_path):
    file = tmp_path / "cost-measured.json"
    content = json.loads(measured.RECORDED.read_text())
    took = content["functions"].pop("api")
    file.write_text(json.dumps(content))
    assert measured.read(file).functions["api"] == Took(**took)


def test_logs_are_charged_when_they_come_and_while_they_are_kept(example):
    assert example.one_by_one()["logs"] == pytest.approx(1000 * 10_000 / 1e9 * (0.5 + 2 * 0.03))


def test_a_busy_endpoint_shares_its_hour_among_its_photos(example):
    assert example.one_by_one()["endpoint"] == pytest.approx(1000 * 0.115 / 36_000)


def test_a_bulk_run_pays_a_transition_an_express_execution_and_an_invocation_for_each_batch(example):
    run = batches.read(ENVIRONMENT)
    assert run == batches.Bulk(
        states=4,
        batch=40,
        at_once=4,
        function=Function(2048, "arm64"),
        collect=Function(4096, "arm64"),
        gathers=10,
    )
    costs = example.in_bulk(run)
    seconds = 40 * 0.015
    express = 0.000001 + 0.6 * 0.0625 * 0.00001667
    assert costs["Step Functions"] == pytest.approx((4 + 25) * 0.000025 + 25 * express)
    assert costs["Lambda"] == pytest.approx(25 * (0.0000002 + 2 * seconds * 0.0000133334))
    assert costs["photos in S3"] == pytest.approx(1000 * 0.0000004 + (1 + 25) * 0.000005)
    assert costs["EventBridge"] == pytest.approx((25 + 500) * 0.000001)
    assert costs["logs"] == pytest.approx(1000 * 20 / 1e9 * (0.5 + 2 * 0.03))
    assert costs["endpoint"] == pytest.approx(
        1000 * 0.015 / 3600 * 0.115 * 2 / 4
    )  # two instances, four batches
    assert sum(costs.values()) < sum(example.one_by_one().values())


# ---- Millions

ANSWER = answering.Answer(30.0, 0.9)  # 33.3 photos a second, and one of ten is left to a person


def million(example: Photos) -> millions.Millions:
    return millions.as_it_is(example, batches.read(ENVIRONMENT), ANSWER, 1_000_000)


def test_a_million_takes_as_long_as_the_whole_fleet_has_to_answer(example):
    it = million(example)
    assert (it.instances, it.bound, it.seconds) == (2, "the endpoint", pytest.approx(15_000))
    assert it.costs["endpoint"] == pytest.approx(2 * 15_000 / 3600 * 0.115)


def test_where_batches_take_longer_than_the_model_they_are_waited_for(example):
    quick = replace(million(example), answer=answering.Answer(3.0, 0.9))
    assert (quick.bound, quick.seconds) == ("the batches", pytest.approx(1_000_000 * 0.015 / 4))


def test_a_million_is_so_many_batches_ranges_and_requests(example):
    it = million(example)
    assert (it.batches, it.ranges, it.transitions) == (25_000, 26, 4 + 25_000 + 26)
    assert it.listings_and_puts == 1000 + 25_000 + 26
    assert it.gets == 1_000_000 + 25_000 + 26
    assert (it.captured, it.reviewed) == pytest.approx((500_000, 100_000))


def test_a_batch_of_a_million_lasts_as_long_as_it_waits_and_pays_for_that(example):
    it = million(example)
    assert it.batch_seconds == pytest.approx(15_000 * 4 / 25_000)
    assert it.range_seconds == pytest.approx(2_000 / 26)
    assert it.gb_seconds == pytest.approx(2 * 15_000 * 4 + 4 * 2_000)
    requests = 25_026 * 0.0000002
    assert it.costs["Lambda"] == pytest.approx(requests + it.gb_seconds * 0.0000133334)


def test_the_dollars_of_a_million_by_hand(example):
    costs = million(example).costs
    express = 25_026 * 0.000001 + (15_000 * 4 + 26 * 77) * 0.0625 * 0.00001667
    assert costs["Step Functions"] == pytest.approx(25_030 * 0.000025 + express)
    assert costs["S3"] == pytest.approx(26_026 * 0.000005 + 1_025_026 * 0.0000004)
    assert costs["captures in S3"] == pytest.approx(1000 * example.one_by_one()["captures in S3"])
    assert costs["EventBridge"] == pytest.approx((25_026 + 500_000) * 0.000001)
    assert costs["register"] == pytest.approx(100_000 * 2 * 0.000000625)  # into the table and its index
    assert costs["X-Ray"] == pytest.approx(25_026 * 0.000005)


def test_a_day_takes_as_many_instances_as_answer_within_it_and_a_batch_for_each(example):
    hundred = replace(million(example), photos=replace(example, count=100_000_000))
    day = millions.within_a_day(hundred)
    assert (day.instances, day.bulk.at_once) == (35, 35)  # 34.7
    assert 23.5 * 3600 < day.seconds <= 24 * 3600


def test_a_day_whose_batches_are_slower_than_the_model_takes_more_of_them(example):
    quick = replace(million(example), answer=answering.Answer(3.0, 0.9))
    day = millions.within_a_day(replace(quick, photos=replace(example, count=100_000_000)))
    assert (day.instances, day.bulk.at_once) == (4, 18)  # 3.5 and 17.4
    assert day.seconds <= 24 * 3600


def test_what_collect_takes_is_shared_by_the_photos_of_the_run():
    assert measured.by_photo(Took(3, 0.5, 500), 60) == Took(60, 0.025, 25)


def test_a_measurement_of_an_older_kind_is_refused(tmp_path):
    file = tmp_path / "cost-measured.json"
    content = json.loads(measured.RECORDED.read_text())
    content["functions"]["collect"]["count"] = 1
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"collect is not by the photo.*measure again"):
        measured.read(file)


def test_what_is_needed_stands_beside_what_aws_allows(example):
    hundred = replace(million(example), photos=replace(example, count=100_000_000))
    found = {
        name: (needed, most, by) for name, needed, most, by in allowed.rows(millions.within_a_day(hundred))
    }
    assert found["photos that a run lists"][:2] == ("100,000,000", "100,000,000")
    assert found["functions at once"] == ("45", "1,000", "`bulk.max_concurrency`")
    assert found["bytes of a batch's input"][:2] == ("8,400", "262,144")


def test_a_batch_s_time_is_shared_by_the_photos_that_its_log_counts():
    """Whoever else logs, and whatever: the functions' own lines, and Lambda's."""
    assert (
        measured.photos('{"function": "batch", "message": "done", "accepted": 90, "review": 8, "failed": 2}')
        == 100
    )
    assert measured.photos('{"function": "batch", "level": "WARNING", "error": "NotAnImage"}') == 0
    assert measured.photos("START RequestId: 1 Version: $LATEST") == 0


def test_what_a_photo_cost_before_it_had_a_record_stands_beside_what_it_costs(example):
    """What was then is of 1,000 photos, and this is of 500."""
    sheet = sheets.recorded(replace(example, count=500))
    now = sum(replace(example, count=500).one_by_one().values())
    assert sheet.rows[0] == ("dollars, accepted", f"{0.1743 / 2:.4f}", f"{now:.4f}")
    assert [row[0] for row in sheet.rows[1:]] == ["dollars, reviewed", "milliseconds of one photo"]


def test_a_recipe_costs_an_instance_s_time_and_what_it_leaves_to_people(example):
    """10 photos of which a fifth is left, 10 seconds each at 20 dollars an hour; 20 ms of an instance for each."""
    model = replace(example, count=10)
    made = {row[0]: row[1] for row in answering.rows(model, [answering.Answer(20.0, 0.8)])}
    hour = model.prices.hour(model.environment.fleet.instance_type)
    assert made["photos that are left to a person"] == "2"
    assert made["dollars of a person's decisions"] == f"{2 * 10 / 3600 * 20:.2f}"
    assert made["dollars of an instance that answers one at a time"] == f"{10 * 0.020 / 3600 * hour:.4f}"


def test_an_idle_month_is_made_of_instance_hours_and_standing_charges(example):
    costs = month.idle(example)
    assert costs["endpoint"] == pytest.approx(730 * 0.115)
    assert (costs["keys"], costs["alarms"], costs["dashboards"], costs["metrics"]) == pytest.approx(
        (1, 2, 3, 3)
    )
    run = 0.000001 + 0.0000002 + 2 * 0.0000133334 + 1000 / 1e9 * 0.56
    assert costs["monitor"] == pytest.approx(730 * run)


def test_a_schedule_saves_where_it_lowers_a_limit(example):
    night = (Limits(2, 6, "cron(0 6 * * ? *)"), Limits(1, 2, "cron(0 22 * * ? *)"))
    fleet = replace(FLEET, limits=Limits(2, 6), schedule=night)
    found = month.endpoint(replace(example, environment=replace(ENVIRONMENT, fleet=fleet)))
    hour = 730 * 0.115
    assert found.fewest == pytest.approx(hour * (16 * 2 + 8 * 1) / 24)
    assert found.most == pytest.approx(hour * (16 * 6 + 8 * 2) / 24)
    assert (found.fewest_unscheduled, found.most_unscheduled) == pytest.approx((hour * 2, hour * 6))


@pytest.mark.parametrize(
    ("crons", "instances"),
    [
        (("cron(0 8 ? * MON-FRI *)", "cron(0 18 ? * MON-FRI *)"), 1 + 5 * 10 / 168),
        (("cron(0 8 ? * 2 *)", "cron(0 8 ? * SUN *)"), 1 + 6 * 24 / 168),
        (("cron(0/30 * * * ? *)", "cron(15,45 * * * ? *)"), 1.5),
    ],
    ids=["office hours", "all days but Sunday", "half of each half hour"],
)
def test_a_schedule_counts_by_the_week(crons, instances):
    up, down = crons
    fewest, _ = schedule.mean(Limits(1, 9), (Limits(2, 9, up), Limits(1, 9, down)))
    assert fewest == pytest.approx(instances)


def test_a_schedule_in_two_time_zones_is_read_in_each():
    limits = (Limits(2, 2, "cron(0 8 * * ? *)", "Europe/Berlin"), Limits(1, 1, "cron(0 8 * * ? *)", "UTC"))
    assert schedule.mean(Limits(1, 1), limits) == pytest.approx((25 / 24, 25 / 24))


def test_a_schedule_that_is_not_weekly_is_refused_by_its_text():
    with pytest.raises(UserError, match=re.escape("at(2026-11-21T00:00:00)")):
        schedule.mean(Limits(1, 1), (Limits(1, 1, "at(2026-11-21T00:00:00)"),))


# ---- The command, its prices and its page


def test_the_page_has_the_tables_that_the_command_prints(environments):
    ours = [recorded(environments[name]) for name in definition.names()]
    renewed = cost.fill(PAGE, sheets.all_of(ours))
    assert PAGE.read_text() == renewed, 'renew it: make cost ARGS="--page docs/cost.md"'
    prose = cost.PLACE.sub("", renewed)
    assert re.findall(r"\b\d[\d,.]*", prose) == [], "a number that the command does not print"


def test_a_changed_price_changes_the_tables(plans, environments, tmp_path, monkeypatch, capsys):
    text = prices.DEFAULT.read_text()
    dearer = tmp_path / "prices.toml"
    dearer.write_text(text.replace("usd = 25.00", "usd = 50.00"))
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(definition, "plan", lambda envs: {env: plans[env] for env in envs})
    monkeypatch.setattr(sys, "argv", ["cost", "--prices", str(dearer), "--images", "2000"])
    cost.main()
    printed = capsys.readouterr().out
    assert "2,000 photos in prod" in printed
    states = len(transitions.path(environments["prod"].machines["workflow"]))
    assert f"{2000 * states * 0.00005:.4f}" in printed


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "usd = 25.00",
            "usd = -1",
            "[price.step_functions_transition] needs usd, a number of 0 or more, not -1",
        ),
        ("usd = 25.00", "", "[price.step_functions_transition] needs usd, a number of 0 or more, not None"),
        (
            "usd = 25.00\nper = 1_000_000",
            "usd = 25.00\nper = 0",
            "[price.step_functions_transition] has per = 0",
        ),
        ("[price.trace]", "[price.traces]", "has no [price.trace]: copy it from prices.toml"),
        (
            "[price.trace]",
            "[price.more]\n[price.trace]",
            "has [price.more], which nothing asks for: remove it",
        ),
        ('date = "', 'dated = "', "does not say of which date its prices are"),
        ("[price.trace]", "[price.trace", "are not TOML"),
        ("value = 730", 'value = "all"', "[assumption.hours_in_a_month] needs value"),
    ],
)
def test_a_broken_price_file_is_answered_in_one_line(was, becomes, said, tmp_path):
    file = tmp_path / "mine.toml"
    text = prices.DEFAULT.read_text()
    assert was in text
    file.write_text(text.replace(was, becomes, 1))
    with pytest.raises(UserError) as refused:
        prices.read(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_instance_without_a_price_is_named(example):
    fleet = replace(FLEET, instance_type="ml.x9.huge")
    with pytest.raises(UserError, match=r'has no price for ml.x9.huge: add \[instance."ml.x9.huge"\]'):
        month.endpoint(replace(example, environment=replace(ENVIRONMENT, fleet=fleet)))


def test_a_price_file_that_is_not_there_ends_the_command_with_one_line(tmp_path):
    command = [sys.executable, "-m", "cost", "--prices", str(tmp_path / "none.toml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"error: the prices in {tmp_path}/none.toml cannot be read: No such file or directory\n"
    )


def test_what_terraform_refuses_is_answered_in_one_line(tmp_path, monkeypatch):
    workplace.copy(tmp_path)
    with (tmp_path / "terraform/envs/prod.tfvars").open("a") as file:
        file.write('prefix = "twice"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as refused:
        definition.plan(["prod"])
    assert str(refused.value).startswith(
        "Terraform does not plan what is in terraform: Attribute redefined: "
    )
    assert "\n" not in str(refused.value)


def test_elsewhere_than_at_the_projects_root_the_command_ends_with_one_line(tmp_path):
    done = subprocess.run([sys.executable, "-m", "cost"], cwd=tmp_path, capture_output=True, text=True)
    said = "error: there is no environment in terraform/envs: run this at the project's root\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_each_kind_of_resource_that_is_made_is_known_to_the_cost_model():
    files = (ROOT / "terraform").rglob("*.tf")
    made = {it for path in files for it in re.findall(r'^resource "(\w+)"', path.read_text(), re.MULTILINE)}
    assert "aws_lambda_function" in made
    assert [it for it in sorted(made) if not kinds.is_known(it)] == []
    assert not kinds.is_known("aws_nat_gateway")
