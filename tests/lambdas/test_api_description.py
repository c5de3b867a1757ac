"""docs/openapi.json and the table of docs/api.md are what the code says, and OpenAPI 3.1."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from core.console import UserError
from lambdas.calls import api_description
from lambdas.calls.api_routes import ROUTES
from lambdas.calls.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_the_pages_are_as_the_code_makes_them():
    again = "python -m lambdas.calls.api_description --page docs/api.md makes them anew"
    assert (DOCS / "openapi.json").read_text() == api_description.write(), again
    page = (DOCS / "api.md").read_text()
    assert api_description.fill(page) == page, again


def test_the_description_is_openapi_3_1():
    from schemathesis.specs.openapi.definitions import OPENAPI_31

    description = json.loads((DOCS / "openapi.json").read_text())
    jsonschema.Draft202012Validator(OPENAPI_31).validate(description)
    for schema in description["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(OPENAPI_31).validate(description | {"paths": []})


def test_every_problem_is_described_where_it_may_come():
    described = {problem for route in ROUTES.values() for problem in route.problems}
    assert {problem.__name__ for problem in Problem.__subclasses__()} - {it.__name__ for it in described} == {
        "NotAllowed",
        "Unavailable",
    }


def test_a_query_and_the_headers_of_refusals_are_explained():
    for path in json.loads((DOCS / "openapi.json").read_text())["paths"].values():
        for call in path.values():
            assert all("description" in it["schema"] for it in call.get("parameters", ()))
            assert [*call["responses"]["401"]["headers"]] == ["WWW-Authenticate"]
            assert [*call["responses"]["503"]["headers"]] == ["Retry-After"]


def test_terraform_declares_the_same_routes_and_scopes():
    text = (ROOT / "terraform/modules/api/routes.tf").read_text()
    declared = re.findall(r'^ +"([A-Z]+ /\S*)" += \[(.*?)\]$', text, re.MULTILINE)
    assert {key: sorted(re.findall(r"local\.(\w+)", scopes)) for key, scopes in declared} == {
        key: sorted(scope.removeprefix("scones/") for scope in route.scopes) for key, route in ROUTES.items()
    }


def test_a_page_without_a_place_for_the_table_is_said():
    with pytest.raises(UserError, match="has no <!-- lambdas"):
        api_description.fill("# A page\n")
