"""WAF: one web ACL for a load balancer, which takes time to spread and cannot go while it protects."""

from stack_parts import Network, refused

VISIBILITY = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
ALLOW = {"Allow": {}}


def make(waf, name):
    made = waf.create_web_acl(
        Name=name,
        Scope="REGIONAL",
        DefaultAction=ALLOW,
        VisibilityConfig=VISIBILITY,
        Tags=[{"Key": "team", "Value": "one"}],
    )
    return made["Summary"]


def balancer(sandbox):
    network = Network(sandbox)
    made = sandbox.client("elbv2").create_load_balancer(Name="one", Subnets=network.subnets[:2])
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def test_a_load_balancer_has_one_web_acl_which_stays_while_it_protects(sandbox):
    waf, arn = sandbox.client("wafv2"), balancer(sandbox)
    sandbox.client("elbv2").describe_load_balancers()
    first, second = make(waf, "first"), make(waf, "second")
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=arn)
    for acl in (first, second):
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=arn)
    assert waf.get_web_acl_for_resource(ResourceArn=arn)["WebACL"]["Name"] == "second"
    assert waf.list_resources_for_web_acl(WebACLArn=first["ARN"])["ResourceArns"] == []
    name = {"Scope": "REGIONAL", "Name": "second", "Id": second["Id"]}
    with refused("WAFAssociatedItemException"):
        waf.delete_web_acl(**name, LockToken=second["LockToken"])
    # An association ends with its load balancer.
    sandbox.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    with refused("WAFNonexistentItemException"):
        waf.get_web_acl_for_resource(ResourceArn=arn)
    waf.delete_web_acl(**name, LockToken=second["LockToken"])
    with refused("WAFNonexistentItemException"):
        waf.get_web_acl(**name)


def test_changes_need_the_token_of_the_present_state(sandbox):
    waf = sandbox.client("wafv2")
    made = make(waf, "one")
    with refused("WAFDuplicateItemException"):
        make(waf, "one")
    settings = {
        "Scope": "REGIONAL",
        "Name": "one",
        "Id": made["Id"],
        "DefaultAction": ALLOW,
        "VisibilityConfig": VISIBILITY,
    }
    waf.update_web_acl(**settings, LockToken=made["LockToken"])
    with refused("WAFOptimisticLockException"):
        waf.update_web_acl(**settings, LockToken=made["LockToken"])
    group = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
    rule = {"Name": "r", "Priority": 0, "Statement": group, "VisibilityConfig": VISIBILITY}
    token = waf.get_web_acl(Scope="REGIONAL", Name="one", Id=made["Id"])["LockToken"]
    with refused("WAFInvalidParameterException"):
        waf.update_web_acl(**settings, Rules=[rule], LockToken=token)
    found = sandbox.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "team", "Values": ["one"]}])
    assert [one["ResourceARN"] for one in found["ResourceTagMappingList"]] == [made["ARN"]]


def test_a_new_web_acl_is_unavailable_at_first(ticking):
    waf, arn = ticking.client("wafv2"), balancer(ticking)
    made = make(waf, "one")
    with refused("WAFUnavailableEntityException"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn)
    with refused("WAFNonexistentItemException"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn + "0")
