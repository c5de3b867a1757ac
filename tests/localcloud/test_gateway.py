"""An HTTP API: its address, its routes, the event that its function gets, and what becomes of the function's answer."""

import base64
import json

import pytest
from tests.localcloud.apis import ECHO, Api


@pytest.fixture
def echo(aws, function):
    return lambda **settings: Api(aws, function(ECHO), **settings)


def test_an_api_has_an_address_of_its_own(aws, cloud, echo):
    api = echo()
    there = cloud.replace("127.0.0.1", "localhost")  # another origin than the buckets' and the pools'
    assert api.url == f"{there}/_aws/execute-api/{api.id}"
    assert aws("apigatewayv2").get_api(ApiId=api.id)["ApiEndpoint"] == api.url
    missing = api.ask("/photos")
    assert (missing.status, missing.body) == (404, b'{"message":"Not Found"}')


def test_an_address_without_a_path_is_the_path_of_a_slash(echo):
    api = echo()
    api.route("GET /", "GET /photos")
    assert api.ask("/?code=1").json["rawPath"] == "/"
    sent_on = api.ask("?code=1")
    assert (sent_on.status, sent_on.headers["location"]) == (308, f"/_aws/execute-api/{api.id}/?code=1")
    assert api.ask("").headers["location"] == f"/_aws/execute-api/{api.id}/"
    assert api.ask("", "POST").status == api.ask("/photos/").status == 404


def test_an_api_that_is_deleted_answers_nobody(aws, echo):
    api = echo()
    api.route("GET /photos")
    assert api.ask("/photos").status == 200
    aws("apigatewayv2").delete_api(ApiId=api.id)
    assert api.ask("/photos").status == 404


def test_the_function_gets_the_request_in_format_2(echo):
    api = echo()
    api.route("PUT /photos/{id}/decisions/{number}")
    said = api.ask(
        "/photos/a%20b/decisions/1?x=1&y=%C3%A4&x=2&empty",
        "PUT",
        '{"label": "other"}',
        Content_Type="application/json",
        Cookie="a=1; b=2",
        X_Own="Mine",
    )
    event = said.json
    context = event["requestContext"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == "PUT /photos/{id}/decisions/{number}"
    assert event["rawPath"] == context["http"]["path"] == "/photos/a b/decisions/1"
    assert event["rawQueryString"] == "x=1&y=%C3%A4&x=2&empty"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "ä", "empty": ""}
    assert event["pathParameters"] == {"id": "a b", "number": "1"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"label": "other"}', False)
    assert event["headers"]["x-own"] == "Mine"
    assert event["headers"]["x-forwarded-proto"] == "https"
    assert "cookie" not in event["headers"]
    assert context["stage"] == "$default"
    assert context["apiId"] == context["domainPrefix"] == api.id
    assert context["domainName"] == f"{api.id}.execute-api.us-east-1.amazonaws.com"
    assert context["requestId"] == said.headers["apigw-requestid"]
    assert context["http"]["method"] == "PUT"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert isinstance(context["timeEpoch"], int)
    assert "authorizer" not in context


def test_what_a_request_does_not_have_its_event_does_not_have(echo):
    api = echo()
    api.route("GET /a")
    event = api.ask("/a").json
    absent = {"body", "cookies", "pathParameters", "queryStringParameters", "stageVariables"}
    assert not absent & event.keys()
    assert (event["rawQueryString"], event["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("application/json; charset=utf-8", False),
        ("text/csv", False),
        ("application/xml", False),
        ("application/x-www-form-urlencoded", True),
        ("application/problem+json", True),
        ("image/png", True),
        ("", True),
    ],
)
def test_a_body_that_is_no_text_is_base64(echo, kind, encoded):
    api = echo()
    api.route("POST /a")
    event = api.ask("/a", "POST", b"a=1", **({"Content_Type": kind} if kind else {})).json
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"a=1").decode() if encoded else "a=1")


def test_the_most_specific_route_is_taken(echo):
    api = echo()
    keys = ["ANY /photos/{id}", "GET /photos/{id}", "GET /photos/own", "GET /photos/{rest+}", "$default"]
    api.route(*keys)
    taken = {
        path: api.ask(path, method).json["routeKey"]
        for method, path in [
            ("GET", "/photos/own"),
            ("GET", "/photos/1"),
            ("PUT", "/photos/2"),
            ("GET", "/photos/1/2"),
            ("GET", "/photos/"),
            ("POST", "/elsewhere"),
        ]
    }
    assert taken == {
        "/photos/own": "GET /photos/own",
        "/photos/1": "GET /photos/{id}",
        "/photos/2": "ANY /photos/{id}",
        "/photos/1/2": "GET /photos/{rest+}",
        "/photos/": "$default",
        "/elsewhere": "$default",
    }
    assert api.ask("/photos/1/2").json["pathParameters"] == {"rest": "1/2"}


def test_a_path_ends_where_its_route_does(echo):
    api = echo()
    api.route("GET /photos", "GET /photos/{id}")
    assert [api.ask(path).status for path in ("/photos", "/photos/", "/photos/1/", "/photos/1/2", "/")] == [
        200,
        404,
        404,
        404,
        404,
    ]
    assert api.ask("/photos", "POST").status == 404


def test_a_stage_with_a_name_is_a_part_of_the_path(aws, echo):
    api = echo()
    api.route("GET /a")
    variables = {"colour": "blue"}
    aws("apigatewayv2").create_stage(ApiId=api.id, StageName="trial", StageVariables=variables)
    event = api.ask("/trial/a").json
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/trial/a", "trial")
    assert event["stageVariables"] == variables


@pytest.mark.parametrize(
    ("answer", "status", "kind", "body"),
    [
        ('{"statusCode": 202, "body": "taken"}', 202, "text/plain;charset=UTF-8", b"taken"),
        ('{"statusCode": "404", "headers": {"Content-Type": "a/b"}}', 404, "a/b", b""),
        ('{"statusCode": 200, "isBase64Encoded": True, "body": "iVBORw=="}', 200, None, b"\x89PNG"),
        ('{"a": [1]}', 200, "application/json", b'{"a": [1]}'),
        ('"hello"', 200, "application/json", b"hello"),
        ("[1, 2]", 200, "application/json", b"[1, 2]"),
        ("None", 200, "application/json", b"null"),
    ],
)
def test_what_a_function_answers_is_the_answer(aws, function, answer, status, kind, body):
    api = Api(aws, function(f"def handler(event, context):\n    return {answer}"))
    api.route("GET /a")
    said = api.ask("/a")
    assert (said.status, said.body) == (status, body)
    assert kind is None or said.headers["content-type"] == kind


def test_a_function_gives_headers_and_cookies(aws, function):
    answer = {
        "statusCode": 200,
        "headers": {"Retry-After": 1, "Location": "/b", "X-Name": "ä"},
        "cookies": ["a=1", "b=2; Secure"],
    }
    api = Api(aws, function(f"def handler(event, context):\n    return {answer}"))
    api.route("GET /a")
    said = api.ask("/a")
    assert (said.headers["retry-after"], said.headers["location"]) == ("1", "/b")
    assert said.headers["x-name"].encode("latin1").decode() == "ä"
    assert said.cookies == ["a=1", "b=2; Secure"]


@pytest.mark.parametrize(
    "work",
    [
        "raise ValueError('what nobody outside may read')",
        "return {'statusCode': 'fine'}",
        "return {'statusCode': 200, 'headers': 'none'}",
        "return {'statusCode': 200, 'headers': {'a': 'b\\r\\nc: d'}}",
        "import os; os._exit(3)",
    ],
)
def test_what_fails_in_a_function_stays_inside(aws, function, work):
    api = Api(aws, function(f"def handler(event, context):\n    {work}"))
    api.route("GET /a")
    said = api.ask("/a")
    assert (said.status, said.body) == (500, b'{"message":"Internal Server Error"}')


def test_a_function_that_takes_too_long_is_an_error_of_the_server(aws, function):
    api = Api(aws, function("import time\ndef handler(event, context):\n    time.sleep(9)", Timeout=1))
    api.route("GET /a")
    assert api.ask("/a").status == 500


def test_an_integration_waits_as_long_as_it_says(aws, function):
    api = Api(aws, function("import time\ndef handler(event, context):\n    time.sleep(2)"))
    api.route("GET /a")
    aws("apigatewayv2").update_integration(ApiId=api.id, IntegrationId=api.integration, TimeoutInMillis=200)
    said = api.ask("/a")
    assert (said.status, said.body) == (503, b'{"message":"Service Unavailable"}')


def test_a_function_without_room_is_unavailable(aws, function):
    name = function(ECHO)
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    api = Api(aws, name)
    api.route("GET /a")
    assert api.ask("/a").status == 503


def test_a_function_is_called_only_by_whom_its_policy_lets(aws, function):
    name = function(ECHO)
    api = Api(aws, name, allowed=False)
    api.route("GET /a", "GET /b/{id}")
    refused = api.ask("/a")
    assert (refused.status, refused.body) == (500, b'{"message":"Internal Server Error"}')
    api.let_invoke(name, "/*/GET/b/{id}")
    assert [api.ask(path).status for path in ("/a", "/b/1")] == [500, 200]


def test_a_request_that_is_too_large_is_refused(echo):
    api = echo()
    api.route("POST /a")
    said = api.ask("/a", "POST", b"a" * (10 * 1024 * 1024 + 1), Content_Type="text/plain")
    assert (said.status, said.body) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_route_lets_through_as_many_as_its_stage_says(aws, echo):
    api = echo()
    api.route("GET /a", "GET /b")
    limits = {"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.01}
    aws("apigatewayv2").update_stage(ApiId=api.id, StageName="$default", RouteSettings={"GET /a": limits})
    said = [api.ask("/a") for _ in range(5)]
    assert [it.status for it in said] == [200, 200, 200, 429, 429]
    assert said[-1].body == b'{"message":"Too Many Requests"}'
    assert api.ask("/b").status == 200


def test_tokens_come_back_with_time(aws, echo, until):
    api = echo()
    api.route("GET /a")
    limits = {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.5}
    aws("apigatewayv2").update_stage(ApiId=api.id, StageName="$default", DefaultRouteSettings=limits)
    assert until(lambda: api.ask("/a").status, lambda it: it == 429) == 429
    assert until(lambda: api.ask("/a").status, lambda it: it == 200) == 200


ORIGIN = "http://localhost:4577"
CORS = {
    "AllowOrigins": [ORIGIN],
    "AllowMethods": ["GET", "PUT"],
    "AllowHeaders": ["authorization", "content-type"],
    "ExposeHeaders": ["retry-after"],
    "MaxAge": 300,
}


def test_a_browser_is_told_before_it_asks(echo):
    api = echo(CorsConfiguration=CORS)
    told = api.ask("/anything", "OPTIONS", Origin=ORIGIN, Access_Control_Request_Method="PUT")
    assert (told.status, told.body) == (204, b"")
    assert {name: it for name, it in told.headers.items() if name.startswith("access-control-")} == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "300",
    }
    other = api.ask("/anything", "OPTIONS", Origin="http://evil", Access_Control_Request_Method="PUT")
    assert other.status == 204
    assert not any(name.startswith("access-control-") for name in other.headers)


def test_what_a_browser_may_read_is_the_configuration_s_to_say(aws, function):
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    api = Api(aws, function(f"def handler(event, context):\n    return {own}"), CorsConfiguration=CORS)
    api.route("GET /a")
    told = api.ask("/a", Origin=ORIGIN).headers
    assert told["access-control-allow-origin"] == ORIGIN
    assert told["access-control-expose-headers"] == "retry-after"
    assert "access-control-allow-origin" not in api.ask("/a", Origin="http://evil").headers
    assert api.ask("/b", Origin=ORIGIN).headers["access-control-allow-origin"] == ORIGIN
    without = Api(aws, function(f"def handler(event, context):\n    return {own}"))
    without.route("GET /a")
    assert without.ask("/a", Origin=ORIGIN).headers["access-control-allow-origin"] == "*"


def test_each_request_is_a_line_of_the_stage_s_log(aws, echo):
    api = echo()
    api.route("GET /a/{id}")
    group = f"/aws/apis/{api.id}"
    aws("logs").create_log_group(logGroupName=group)
    names = (
        "requestId",
        "routeKey",
        "status",
        "path",
        "httpMethod",
        "error.message",
        "authorizer.claims.sub",
    )
    settings = {
        "DestinationArn": f"arn:aws:logs:us-east-1:123456789012:log-group:{group}",
        "Format": json.dumps({name: f"$context.{name}" for name in names}),
    }
    aws("apigatewayv2").update_stage(ApiId=api.id, StageName="$default", AccessLogSettings=settings)
    found = api.ask("/a/1")
    api.ask("/b", "POST")
    lines = [json.loads(it["message"]) for it in aws("logs").filter_log_events(logGroupName=group)["events"]]
    assert lines == [
        {
            "requestId": found.headers["apigw-requestid"],
            "routeKey": "GET /a/{id}",
            "status": "200",
            "path": "/a/1",
            "httpMethod": "GET",
            "error.message": "-",
            "authorizer.claims.sub": "-",
        },
        lines[1],
    ]
    assert {name: lines[1][name] for name in ("routeKey", "status", "error.message")} == {
        "routeKey": "-",
        "status": "404",
        "error.message": "Not Found",
    }


def test_a_stage_is_taken_back_what_it_was_given(aws, echo):
    api, gateway = echo(), aws("apigatewayv2")
    api.route("GET /a/{id}")
    named = {"ApiId": api.id, "StageName": "$default"}
    log = {
        "DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:/any",
        "Format": "$context.status",
    }
    limits = {"GET /a/{id}": {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0}}
    gateway.update_stage(**named, AccessLogSettings=log, RouteSettings=limits)
    assert api.ask("/a/1").status == 429
    gateway.delete_access_log_settings(**named)
    gateway.delete_route_settings(**named, RouteKey="GET /a/{id}")
    assert api.ask("/a/1").status == 200
    found = gateway.get_stage(**named)
    assert "AccessLogSettings" not in found
    assert found["RouteSettings"] == {}


def test_an_api_counts_its_requests(aws, echo):
    api = echo()
    api.route("GET /a")
    for path in ("/a", "/a", "/b"):
        api.ask(path)
    found = aws("cloudwatch").list_metrics(
        Namespace="AWS/ApiGateway", Dimensions=[{"Name": "ApiId", "Value": api.id}]
    )["Metrics"]
    alone = {it["MetricName"] for it in found if len(it["Dimensions"]) == 1}
    assert alone == {"Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"}


def test_a_stage_s_tags_change(aws, echo):
    api, gateway = echo(Tags={"Of": "api"}), aws("apigatewayv2")
    stage = f"arn:aws:apigateway:us-east-1::/apis/{api.id}/stages/$default"
    gateway.tag_resource(ResourceArn=stage, Tags={"Of": "stage", "Old": "x"})
    gateway.untag_resource(ResourceArn=stage, TagKeys=["Old"])
    assert gateway.get_tags(ResourceArn=stage)["Tags"] == {"Of": "stage"}
    assert gateway.get_stage(ApiId=api.id, StageName="$default")["Tags"] == {"Of": "stage"}
    assert gateway.get_api(ApiId=api.id)["Tags"] == {"Of": "api"}


def test_a_domain_name_is_ready(aws):
    gateway, name = aws("apigatewayv2"), "api.example.org"
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/a"
    gateway.create_domain_name(
        DomainName=name, DomainNameConfigurations=[{"CertificateArn": certificate}], Tags={"Old": "x"}
    )
    (found,) = gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"]
    assert (found["DomainNameStatus"], found["CertificateArn"]) == ("AVAILABLE", certificate)
    assert found["ApiGatewayDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    arn = f"arn:aws:apigateway:us-east-1::/domainnames/{name}"
    gateway.untag_resource(ResourceArn=arn, TagKeys=["Old"])
    gateway.tag_resource(ResourceArn=arn, Tags={"New": "y"})
    assert gateway.get_domain_name(DomainName=name)["Tags"] == {"New": "y"}


def test_what_the_gateway_cannot_do_it_says_at_once(aws, echo):
    api = echo()
    gateway = aws("apigatewayv2")
    other = gateway.create_integration(
        ApiId=api.id,
        IntegrationType="HTTP_PROXY",
        IntegrationUri="https://example.org",
        IntegrationMethod="GET",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=api.id, RouteKey="GET /a", Target=f"integrations/{other}")
    said = api.ask("/a")
    assert said.status == 501
    assert "call functions only" in said.json["message"]
