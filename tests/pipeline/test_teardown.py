"""What is left when an environment is taken down. It sorts last in this folder, because it ends what the rest uses."""


def test_destroy_leaves_nothing_that_is_tagged_as_ours(deployed):
    deployed.stop_listening()
    printed = deployed.project.run("operations.destroy", "local")
    assert "0 resources tagged as ours are left in local" in printed
    tags = {"Project": "scones-unlimited", "Environment": "local"}
    found = deployed.aws("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": name, "Values": [value]} for name, value in tags.items()]
    )
    left = [resource["ResourceARN"] for resource in found["ResourceTagMappingList"]]
    assert [arn for arn in left if ":key/" not in arn] == []
    assert deployed.bucket not in {it["Name"] for it in deployed.s3.list_buckets()["Buckets"]}
    machines = deployed.steps.list_state_machines()["stateMachines"]
    assert deployed.machine not in {it["stateMachineArn"] for it in machines}
    endpoints = deployed.aws("sagemaker").list_endpoints()["Endpoints"]
    assert deployed.outputs["endpoint_name"] not in {it["EndpointName"] for it in endpoints}
