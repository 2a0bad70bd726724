"""Logs, alarms, scaling, namespaces, topics."""

import json

from stack_parts import TAGS, refused, wait

ALARM = {
    "AlarmName": "shop-5xx",
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "HTTPCode_Target_5XX_Count",
    "Dimensions": [{"Name": "LoadBalancer", "Value": "app/shop/1"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:shop"],
}


def test_log_groups(sandbox):
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName="/ecs/shop", tags={"ajuda:stack": "shop"})
    with refused("InvalidParameterException", "retentionInDays"):
        logs.put_retention_policy(logGroupName="/ecs/shop", retentionInDays=2)
    logs.put_retention_policy(logGroupName="/ecs/shop", retentionInDays=30)
    logs.associate_kms_key(logGroupName="/ecs/shop", kmsKeyId="arn:aws:kms:us-east-1:123456789012:key/k")
    group = logs.describe_log_groups(logGroupNamePrefix="/ecs/")["logGroups"][0]
    assert (group["retentionInDays"], group["kmsKeyId"][-5:]) == (30, "key/k")
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"ajuda:stack": "shop"}
    assert logs.describe_log_groups(logGroupIdentifiers=["/other"])["logGroups"] == []
    logs.delete_log_group(logGroupName="/ecs/shop")
    with refused("ResourceNotFoundException"):
        logs.delete_log_group(logGroupName="/ecs/shop")


def test_alarms_echo_and_keep_the_tags_of_their_creation(sandbox):
    alarms = sandbox.client("cloudwatch")
    alarms.put_metric_alarm(**ALARM, Tags=TAGS)
    alarms.put_metric_alarm(**{**ALARM, "Threshold": 20.0}, Tags=[{"Key": "other", "Value": "ignored"}])
    alarm = alarms.describe_alarms(AlarmNames=["shop-5xx"])["MetricAlarms"][0]
    assert {k: alarm[k] for k in ALARM} == {**ALARM, "Threshold": 20.0}
    assert alarm["ActionsEnabled"] is True and alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarms.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == TAGS
    alarms.delete_alarms(AlarmNames=["shop-5xx"])
    assert alarms.describe_alarms()["MetricAlarms"] == []
    with refused("ResourceNotFound"):
        alarms.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])


TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/app", "ScalableDimension": "ecs:service:DesiredCount"}


def test_scaling_targets_and_policies(sandbox):
    ecs, scaling = sandbox.client("ecs"), sandbox.client("application-autoscaling")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="app", containerDefinitions=[{"name": "app", "image": "x", "memory": 128}])
    ecs.create_service(cluster="shop", serviceName="app", taskDefinition="app", desiredCount=0)
    with refused("ValidationException", "Maximum capacity"):
        scaling.register_scalable_target(**TARGET, MinCapacity=3, MaxCapacity=2)
    policy = {
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
    }
    with refused("ObjectNotFoundException"):
        scaling.put_scaling_policy(**TARGET, **policy)
    suspended = {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": True,
    }
    arn = scaling.register_scalable_target(
        **TARGET, MinCapacity=1, MaxCapacity=2, Tags={"ajuda:stack": "shop"}, SuspendedState=suspended
    )["ScalableTargetARN"]
    known = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (known["MinCapacity"], known["MaxCapacity"], known["SuspendedState"]) == (1, 2, suspended)
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"ajuda:stack": "shop"}
    for _ in range(2):
        scaling.put_scaling_policy(**TARGET, **policy)
    alarms = sandbox.client("cloudwatch")
    assert len(alarms.describe_alarms()["MetricAlarms"]) == 2
    scaling.deregister_scalable_target(**TARGET)
    assert alarms.describe_alarms()["MetricAlarms"] == []
    with refused("ObjectNotFoundException"):
        scaling.deregister_scalable_target(**TARGET)


def test_namespaces(sandbox):
    names = sandbox.client("servicediscovery")
    first = names.create_http_namespace(Name="shop", CreatorRequestId="r", Tags=TAGS)["OperationId"]
    assert names.create_http_namespace(Name="shop", CreatorRequestId="r")["OperationId"] == first
    with refused("NamespaceAlreadyExists"):
        names.create_http_namespace(Name="shop", CreatorRequestId="other")
    assert names.get_operation(OperationId=first)["Operation"]["Status"] == "SUCCESS"
    found = names.list_namespaces(Filters=[{"Name": "HTTP_NAME", "Values": ["shop"]}])["Namespaces"]
    assert names.list_namespaces(Filters=[{"Name": "NAME", "Values": ["other"]}])["Namespaces"] == []
    service = names.create_service(Name="app", NamespaceId=found[0]["Id"], Type="HTTP")["Service"]["Id"]
    with refused("ResourceInUse"):
        names.delete_namespace(Id=found[0]["Id"])
    names.delete_service(Id=service)
    names.delete_namespace(Id=found[0]["Id"])
    with refused("NamespaceNotFound"):
        names.get_namespace(Id=found[0]["Id"])


def test_a_namespace_takes_a_while(ticking):
    names = ticking.client("servicediscovery")
    operation = names.create_http_namespace(Name="shop")["OperationId"]
    seen = wait(lambda: names.get_operation(OperationId=operation)["Operation"]["Status"], "SUCCESS")
    assert seen == ["PENDING", "SUCCESS"]


def test_an_e_mail_subscription_waits(sandbox):
    sns = sandbox.client("sns")
    arn = sns.create_topic(Name="shop", Tags=TAGS)["TopicArn"]
    assert sns.create_topic(Name="shop", Tags=TAGS)["TopicArn"] == arn
    with refused("InvalidParameter", "different tags"):
        sns.create_topic(Name="shop", Tags=[{"Key": "a", "Value": "b"}])
    reply = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="op@example.org")
    assert reply["SubscriptionArn"] == "pending confirmation"
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [(s["SubscriptionArn"], s["Endpoint"]) for s in listed] == [("PendingConfirmation", "op@example.org")]
    assert json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"]) == 1


def test_an_address_whose_owner_unsubscribed_is_listed_and_can_be_subscribed_again(sandbox):
    sns = sandbox.client("sns")
    arn = sns.create_topic(Name="shop")["TopicArn"]
    listed = lambda: [s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]]  # noqa: E731
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="op@example.org")
    assert sandbox.control("POST", "unsubscribed", {"email": "op@example.org"}) == {"topics": 1}
    assert listed() == ["Deleted"]
    with refused("InvalidParameter", "at least 6 elements"):
        sns.unsubscribe(SubscriptionArn="Deleted")
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="op@example.org")
    assert listed() == ["PendingConfirmation"]


def test_a_log_group_loses_its_key(sandbox):
    logs = sandbox.client("logs")
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    logs.create_log_group(logGroupName="/ecs/keyed", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="/ecs/keyed")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    with refused("ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/ecs/none", kmsKeyId=key)
