"""A customer's key is asked for by log groups, functions, schedules, endpoints and jobs, as AWS's pages say."""

import json
import uuid
from urllib.request import Request, urlopen

import pytest
from tests.builders import answering, document, make_role
from tests.localcloud.sessions import allow, refusal

HERE = "us-east-1:123456789012"
LOGS = {"Service": "logs.us-east-1.amazonaws.com"}
LOG_ACTIONS = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
ACCOUNT_DECIDES = allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
MODEL = answering("return '[1]'")


@pytest.fixture
def key(aws):
    """Make a key, whose policy has these statements besides; answer its ARN."""

    def make(*statements) -> str:
        policy = document(ACCOUNT_DECIDES, *statements)
        return aws("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]

    return make


@pytest.fixture
def may(aws):
    """Make a role with these statements; answer its ARN."""
    return lambda *statements: make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}", *statements)


@pytest.fixture
def fire(cloud):
    """Let the schedules start their targets that are due at this time."""

    def put(time: str) -> None:
        urlopen(Request(f"{cloud}/_localcloud/scheduled", data=time.encode(), method="PUT")).close()

    return put


def lets_logs(group: str, actions=LOG_ACTIONS):
    context = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{HERE}:log-group:{group}"}
    return allow(actions, "*", Principal=LOGS, Condition={"ArnLike": context})


def lent(arn: str):
    """A statement that lets services have grants, and nothing else."""
    return allow("kms:CreateGrant", arn, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def test_a_log_group_takes_a_key_only_if_the_key_s_policy_lets_logs_use_it_for_that_group(aws, key):
    logs, name = aws("logs"), f"/keyed/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name, kmsKeyId=key(lets_logs("/keyed/*")))
    for arn in (key(), key(lets_logs("/other/*")), key(lets_logs("*", LOG_ACTIONS[:2]))):
        asked = {"logGroupName": f"{name}-2", "kmsKeyId": arn}
        for call in (logs.create_log_group, logs.associate_kms_key):
            assert refusal(call, **asked) == (
                "AccessDeniedException",
                400,
                "The specified KMS key does not exist or is not allowed to be used with Arn "
                f"'arn:aws:logs:{HERE}:log-group:{name}-2'",
            )
    gone = f"arn:aws:kms:{HERE}:key/{uuid.uuid4()}"
    code, *_ = refusal(logs.create_log_group, logGroupName=f"{name}-2", kmsKeyId=gone)
    assert code == "InvalidParameterException"


def test_a_function_s_key_is_lent_to_lambda_by_whoever_makes_the_function(session, key, function, may):
    arn = key()
    asked = {
        "FunctionName": f"f-{uuid.uuid4()}",
        "Runtime": "python3.13",
        "Handler": "h.h",
        "Code": {"ZipFile": b"PK"},
        "Role": may(),
        "KMSKeyArn": arn,
        "Environment": {"Variables": {"NAME": "value"}},
    }
    services = allow(["lambda:*", "iam:PassRole"], "*")
    maker = session(services)
    code, status, message = refusal(maker("lambda").create_function, **asked)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message == (
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        "CreateGrant. Please check your KMS key settings. KMS Exception: AccessDeniedException KMS Message: "
        f"User: {maker.arn} is not authorized to perform: kms:CreateGrant on resource: {arn} "
        "because no identity-based policy allows the kms:CreateGrant action"
    )
    half = session(services, lent(arn))
    assert "invalid for Encrypt." in refusal(half("lambda").create_function, **asked)[2]
    via = {"StringEquals": {"kms:ViaService": "lambda.us-east-1.amazonaws.com"}}
    full = session(services, lent(arn), allow("kms:Encrypt", arn, Condition=via))
    full("lambda").create_function(**asked)

    name = function("def handler(event, _): return 1", KMSKeyArn=arn, Environment=asked["Environment"])
    changed = {"FunctionName": name, "Environment": {"Variables": {"NAME": "other"}}}
    assert "CreateGrant" in refusal(maker("lambda").update_function_configuration, **changed)[2]
    maker("lambda").update_function_configuration(FunctionName=name, Timeout=9)


def test_a_function_s_variables_are_shown_to_those_who_may_decrypt_them(session, key, function):
    variables = {"Variables": {"NAME": "value"}}
    name = function("def handler(event, _): return 1", KMSKeyArn=(arn := key()), Environment=variables)
    services = allow("lambda:*", "*")
    reader = session(services, allow("kms:Decrypt", arn))("lambda")
    assert reader.get_function_configuration(FunctionName=name)["Environment"] == variables
    assert reader.get_function(FunctionName=name)["Configuration"]["Environment"] == variables
    other = session(services)("lambda")
    for configuration in (
        other.get_function_configuration(FunctionName=name),
        other.get_function(FunctionName=name)["Configuration"],
    ):
        assert "Variables" not in configuration["Environment"]
        assert configuration["Environment"]["Error"]["ErrorCode"] == "AccessDeniedException"


def test_a_function_s_role_needs_no_permission_on_the_key_because_lambda_has_a_grant_for_it(
    key, function, invoke, may
):
    code = "import os\ndef handler(event, _): return os.environ['NAME']"
    role = may(allow("logs:*", "*"))
    variables = {"Variables": {"NAME": "value"}}
    assert invoke(function(code, Role=role, KMSKeyArn=key(), Environment=variables)) == "value"


SCHEDULE = {"ScheduleExpression": "cron(20 9 1 3 ? 2031)", "FlexibleTimeWindow": {"Mode": "OFF"}}


def test_a_schedule_s_key_is_used_in_the_name_of_whoever_makes_and_reads_it(session, key, may):
    arn, name = key(), f"s-{uuid.uuid4().hex[:8]}"
    target = {"Arn": f"arn:aws:lambda:{HERE}:function:f", "RoleArn": may()}
    asked = {**SCHEDULE, "Name": name, "Target": target, "KmsKeyArn": arn}
    services = allow(["scheduler:*", "iam:PassRole"], "*")
    via = {"StringEquals": {"kms:ViaService": "scheduler.us-east-1.amazonaws.com"}}
    needed = ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"]
    for missing in needed:
        rest = [action for action in needed if action != missing]
        lacking = session(services, allow(rest, arn, Condition=via))("scheduler")
        code, _, message = refusal(lacking.create_schedule, **asked)
        assert (code, missing in message) == ("AccessDeniedException", True)
    maker = session(services, allow(needed, arn, Condition=via))("scheduler")
    maker.create_schedule(**asked)
    maker.get_schedule(Name=name)
    nobody = session(services)("scheduler")
    assert "kms:Decrypt" in refusal(nobody.get_schedule, Name=name)[2]
    maker.delete_schedule(Name=name)


def test_a_schedule_starts_nothing_if_its_role_may_not_decrypt_what_it_is_to_send(
    aws, fire, key, machine, may, until
):
    steps, arn = aws("stepfunctions"), machine({"Done": {"Type": "Succeed"}})
    starts, keyed = allow("states:StartExecution", "*"), key()
    for role, told in ((may(starts), "sealed"), (may(starts, allow("kms:Decrypt", keyed)), "opened")):
        target = {"Arn": arn, "RoleArn": role, "Input": json.dumps(told)}
        aws("scheduler").create_schedule(**SCHEDULE, Name=told, Target=target, KmsKeyArn=keyed)
    fire("2031-03-01T09:20")
    started = until(lambda: steps.list_executions(stateMachineArn=arn)["executions"], bool)
    inputs = [steps.describe_execution(executionArn=it["executionArn"])["input"] for it in started]
    assert inputs == ['"opened"']
    for name in ("sealed", "opened"):
        aws("scheduler").delete_schedule(Name=name)


def test_an_endpoint_s_disks_are_encrypted_by_a_grant_of_whoever_makes_it(aws, session, key, model):
    sagemaker, name, arn = aws("sagemaker"), model(MODEL), key()
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], KmsKeyId=arn)
    asked = {"EndpointName": name, "EndpointConfigName": name}
    maker = session(allow("sagemaker:*", "*"))("sagemaker")
    for call in (maker.create_endpoint, maker.update_endpoint):
        code, _, message = refusal(call, **asked)
        assert code == "AccessDeniedException"
        assert f"kms:CreateGrant on resource: {arn} because no identity-based policy" in message
    session(allow("sagemaker:*", "*"), lent(arn))("sagemaker").create_endpoint(**asked)
    sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture
def train(aws, bucket, until):
    """Run an empty training job in this role, whose disk and results have this key; answer its description."""

    def run(role, volume=None, output=None):
        sagemaker, name = aws("sagemaker"), f"job-{uuid.uuid4()}"
        disk = {"VolumeKmsKeyId": volume} if volume else {}
        sealed = {"KmsKeyId": output} if output else {}
        sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=role,
            AlgorithmSpecification={
                "TrainingImage": "pytorch",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["/bin/true"],
            },
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/jobs", **sealed},
            ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5, **disk},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )
        return until(
            lambda: sagemaker.describe_training_job(TrainingJobName=name),
            lambda it: it["TrainingJobStatus"] != "InProgress",
        )

    return run


@pytest.fixture
def transform(aws, bucket, model, until):
    """Run a transform job of one object, as the model's role, whose disk and answers have this key."""

    def run(role, volume=None, output=None):
        sagemaker, name = aws("sagemaker"), f"job-{uuid.uuid4()}"
        aws("s3").put_object(Bucket=bucket, Key=f"{name}/in/a", Body=b"a")
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/in/"}
        disk = {"VolumeKmsKeyId": volume} if volume else {}
        sealed = {"KmsKeyId": output} if output else {}
        sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=model(MODEL, role),
            TransformInput={"DataSource": {"S3DataSource": source}},
            TransformOutput={"S3OutputPath": f"s3://{bucket}/{name}/out", **sealed},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1, **disk},
        )
        return until(
            lambda: sagemaker.describe_transform_job(TransformJobName=name),
            lambda it: it["TransformJobStatus"] != "InProgress",
        )

    return run


# By what the key encrypts: what a job's role needs of it, the last of which is missing.
NEEDED = {"volume": ["kms:CreateGrant", "kms:DescribeKey"], "output": ["kms:GenerateDataKey", "kms:Encrypt"]}


@pytest.mark.parametrize("kind", ["train", "transform"])
@pytest.mark.parametrize("place", NEEDED)
def test_a_job_fails_if_its_role_lacks_what_its_disks_and_results_need_of_the_key(
    request, key, may, kind, place
):
    run, arn, services = request.getfixturevalue(kind), key(), allow(["s3:*", "logs:*"], "*")
    status = "TrainingJobStatus" if kind == "train" else "TransformJobStatus"
    for missing in NEEDED[place]:
        rest = [action for action in NEEDED[place] if action != missing]
        role = may(services, allow(rest, arn))
        failed = run(role, **{place: arn})
        assert failed[status] == "Failed"
        name = role.rpartition("/")[2]
        if missing != "kms:GenerateDataKey":  # which S3 asks for, when the results come
            assert failed["FailureReason"] == (
                f"ClientError: User: arn:aws:sts::123456789012:assumed-role/{name}/SageMaker is not authorized to "
                f"perform: {missing} on resource: {arn} because no identity-based policy allows the {missing} action"
            )
    complete = run(may(services, allow(NEEDED[place], arn)), **{place: arn})
    assert complete[status] == "Completed", complete.get("FailureReason")
