"""What IAM is asked about a request: actions, the objects of each and what conditions can see.

Which types of objects an action takes is the Service Authorization Reference's to say (`iam_reference.json`); which of them
a request names is found in its ARNs and names.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from ajuda_sandbox.core import cbor

REFERENCE = json.loads((Path(__file__).parent / "iam_reference.json").read_text())
STACK = "ajuda:stack"
# Signing name -> the prefix of the service's actions, where the two differ.
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
# Operations whose action has another name ("Required permissions for Amazon S3 API operations" in the S3 user guide).
NAMES = {
    "s3:GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3:DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:DeleteBucketOwnershipControls": ["s3:PutBucketOwnershipControls"],
    "s3:DeleteBucketTagging": ["s3:PutBucketTagging"],
    "s3:ListBuckets": ["s3:ListAllMyBuckets"],
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:HeadBucket": ["s3:ListBucket"],
    "s3:HeadObject": ["s3:GetObject"],
    "s3:DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
}
# A call that makes something with tags is asked about as the one that writes tags, too: the dependent actions of the
# reference, and "Granting permission to tag resources during creation" of each service's guide.
TAGGING = {
    "ec2": "CreateTags", "ecs": "TagResource", "elasticloadbalancing": "AddTags", "rds": "AddTagsToResource",
    "elasticache": "AddTagsToResource", "logs": "TagResource", "secretsmanager": "TagResource", "iam": "TagRole",
    "ecr": "TagResource", "sns": "TagResource", "cloudwatch": "TagResource", "acm": "AddTagsToCertificate",
    "wafv2": "TagResource", "servicediscovery": "TagResource", "application-autoscaling": "TagResource",
}
MAKES = re.compile(r"(Create|Register|Run|Request|Allocate|Authorize|Restore|PutMetricAlarm)(?!Tags)")
GROUP = {"logGroupName", "logGroupClass", "kmsKeyId", "deletionProtectionEnabled"}
# Which services a role is given to, by the call that names it.
PASSES = {
    "ecs:RegisterTaskDefinition": "ecs-tasks.amazonaws.com",
    "ecs:RunTask": "ecs-tasks.amazonaws.com",
    "ecs:CreateService": "ecs.amazonaws.com",
    "ecs:UpdateService": "ecs.amazonaws.com",
    "ec2:CreateFlowLogs": "vpc-flow-logs.amazonaws.com",
    "rds:CreateDBInstance": "monitoring.rds.amazonaws.com",
    "rds:ModifyDBInstance": "monitoring.rds.amazonaws.com",
    "rds:RestoreDBInstanceFromDBSnapshot": "monitoring.rds.amazonaws.com",
    "rds:RestoreDBInstanceToPointInTime": "monitoring.rds.amazonaws.com",
}
EC2_IDS = {
    "vpc": "vpc", "subnet": "subnet", "sg": "security-group", "sgr": "security-group-rule", "igw": "internet-gateway",
    "nat": "natgateway", "eipalloc": "elastic-ip", "rtb": "route-table", "acl": "network-acl", "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
}
# What an EC2 call makes.
EC2_MAKES = {
    "CreateVpc": "vpc", "CreateSubnet": "subnet", "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway", "AllocateAddress": "elastic-ip", "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group", "AuthorizeSecurityGroupIngress": "security-group-rule",
    "AuthorizeSecurityGroupEgress": "security-group-rule", "CreateVpcEndpoint": "vpc-endpoint",
    "CreateFlowLogs": "vpc-flow-log",
}
# What a call makes that names other objects as well.
MADE = {
    "CreateService": "service/", "RunTask": "task/", "CreateDBInstance": "db:", "CreateDBSnapshot": "snapshot:",
    "RestoreDBInstanceFromDBSnapshot": "db:", "RestoreDBInstanceToPointInTime": "db:", "CreateListener": "listener/",
    "CreateReplicationGroup": "replicationgroup:", "CreateRule": "listener-rule/",
}
# Parameters that name an object, and the last part of its ARN. `new` stands for what AWS makes up.
PARAMETERS = {
    "iam": {"RoleName": "role/{}", "AWSServiceName": "role/aws-service-role/{}/new"},
    "logs": {"logGroupName": "log-group:{}", "logGroupIdentifier": "log-group:{}"},
    "secretsmanager": {"SecretId": "secret:{}-AbCdEf", "Name": "secret:{}-AbCdEf"},
    "rds": {
        "DBInstanceIdentifier": "db:{}", "TargetDBInstanceIdentifier": "db:{}", "NewDBInstanceIdentifier": "db:{}",
        "SourceDBInstanceIdentifier": "db:{}", "DBSubnetGroupName": "subgrp:{}", "DBParameterGroupName": "pg:{}",
        "DBSnapshotIdentifier": "snapshot:{}", "FinalDBSnapshotIdentifier": "snapshot:{}",
    },
    "elasticache": {
        "ReplicationGroupId": "replicationgroup:{}", "CacheSubnetGroupName": "subnetgroup:{}",
        "CacheParameterGroupName": "parametergroup:{}",
    },
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}"},
    "sns": {"Name": "{}"},
    "cloudwatch": {"AlarmName": "alarm:{}", "AlarmNames": "alarm:{}"},
    "servicediscovery": {"Id": "namespace/{}"},
    "elasticloadbalancing": {},
    "ecs": {"family": "task-definition/{}:1", "clusterName": "cluster/{}"},
}
GLOBAL = {"iam", "s3", "route53"}


def leaves(call, path, headers, body):
    """(name, text) of everything that a request says, in its order."""
    if cbor.is_cbor(path, headers):
        return list(_flat("", cbor.decode(body)))
    text = body.decode("utf-8", "replace")
    if text.startswith("{"):
        return list(_flat("", json.loads(text)))
    if text.startswith("<"):
        found = re.findall(r"<(\w+)>([^<]*)</", text)
        return [(name, value) for name, value in found]
    return parse_qsl(text, keep_blank_values=True)


def _flat(name, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(key, inner) if isinstance(inner, (dict, list)) else [(key, str(inner))]
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(name, inner)
    else:
        yield name, str(value)


def actions(call, said):
    """The actions of a request, the call's own first."""
    return [action for action, _, _ in asked(call, "", said, "aws", "0")]


def asked(call, path, said, partition, account, find=lambda service, kind, value: None):
    """(action, ARNs, context) of everything that IAM is asked about a request. `find` answers the ARN of an object that is
    named by something else, such as a scalable target by its resource."""
    service = PREFIXES.get(call.service, call.service)
    own = f"{service}:{call.operation}"
    tag = _stack_tag(said)
    context = {f"aws:RequestTag/{STACK}": tag} if tag else {}
    context.update(_special(own, said, partition))
    objects = _objects(call, service, path, said, partition, account, find)
    found = [(action, _of(action, objects), context) for action in NAMES.get(own, [own])]
    tagging = TAGGING.get(service)
    # `CreateLogGroup` asks for it with whatever tags (its API page); those of a lease are not the stack's own.
    tag = tag or own == "logs:CreateLogGroup" and any(name not in GROUP for name, _ in said)
    if tag and tagging and MAKES.match(call.operation) and f"{service}:{tagging}" != own:
        made = f"{service}:{tagging}"
        kind = MADE.get(call.operation, "")
        new = [one for one in objects if one.split(":", 5)[5].startswith(kind) and (service != "ec2" or one.endswith("/new"))]
        found.append((made, _of(made, new), {**context, "ec2:CreateAction": call.operation}))
    roles = [text for _, text in said if ":role/" in text and text.startswith("arn:")]
    if roles and own in PASSES:
        found.append(("iam:PassRole", sorted(set(roles)), {"iam:PassedToService": PASSES[own]}))
    if own == "rds:DeleteDBInstance" and any(name == "FinalDBSnapshotIdentifier" for name, _ in said):
        found.append(("rds:CreateDBSnapshot", _of("rds:CreateDBSnapshot", objects), {}))
    if own in ("wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"):
        which = "Create" if "Dis" not in own else "Delete"
        association = f"elasticloadbalancing:{which}WebACLAssociation"
        found.append((association, _of(association, objects), {}))
        found.append(("elasticloadbalancing:SetWebAcl", ["*"], {}))
    if own == "wafv2:GetWebACLForResource":
        association = "elasticloadbalancing:GetLoadBalancerWebACL"
        found.append((association, _of(association, objects), {}))
    return found


def _of(action, objects):
    """Those of the objects that an action takes; `*` where it takes none, or none is named."""
    types = REFERENCE["actions"].get(action, {}).get("on", [])
    patterns = [_pattern(REFERENCE["types"][kind]["arn"]) for kind in types]
    fitting = [one for one in objects if any(pattern.fullmatch(one) for pattern in patterns)]
    return sorted(set(fitting)) or ["*"]


_PATTERNS = {}


def _pattern(arn):
    if arn not in _PATTERNS:
        parts = re.split(r"\$\{\w+\}", arn)
        _PATTERNS[arn] = re.compile(".+".join(re.escape(part) for part in parts))
    return _PATTERNS[arn]


def _stack_tag(said):
    """The value of the stack's tag in a request."""
    for index, (name, text) in enumerate(said):
        if name == STACK:
            return text
        if text == STACK:
            # Some write the value first.
            for other, value in (*said[index + 1 : index + 2], *said[max(0, index - 1) : index]):
                if other.lower().endswith("value"):
                    return value
    return None


def _special(own, said, partition):
    of = lambda key: [text for name, text in said if name == key]
    if own == "iam:CreateServiceLinkedRole":
        return {"iam:AWSServiceName": of("AWSServiceName")[0]}
    if own in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        return {"iam:PolicyARN": of("PolicyArn")[0]}
    if own == "route53:ChangeResourceRecordSets":
        return {"route53:ChangeResourceRecordSetsRecordTypes": of("Type")}
    return {}


def _objects(call, service, path, said, partition, account, find):
    """The ARNs of what a request names."""
    place = f"{call.region}:{account}"
    arn = lambda rest: f"arn:{partition}:{service}:{place}:{rest}"
    if service in GLOBAL:
        arn = lambda rest: f"arn:{partition}:{service}::{account if service == 'iam' else ''}:{rest}"
    # The ARNs in a bucket's policy are not what the call is about.
    named = [text for _, text in said if text.startswith("arn:") and ":role/" not in text] if service != "s3" else []
    found = [text.removesuffix(":*") for text in named]
    for name, text in said:
        # `DBInstanceIdentifier`, and the last word of `RepositoryNames.member.1`.
        template = PARAMETERS.get(service, {}).get(re.sub(r"(\.member)?\.\d+$", "", name))
        if template and not text.startswith("arn:"):
            found.append(find(service, name, text) or arn(template.format(text)))
    if call.operation == "SimulatePrincipalPolicy":
        return [text for name, text in said if name == "PolicySourceArn"]
    first = lambda *names: next((text for name, text in said if name in names), "")
    if service == "ec2":
        found += _of_ec2(call, said, arn)
    elif service == "s3":
        bucket, _, key = unquote(path.partition("?")[0].lstrip("/")).partition("/")
        found += [arn(bucket)] if bucket else []
        keys = [text for name, text in said if name == "Key"] if call.operation == "DeleteObjects" else [key]
        found += [arn(f"{bucket}/{one}") for one in keys if one]
    elif service == "route53":
        zone = re.search(r"/hostedzone/(\w+)", path)
        found += [arn(f"hostedzone/{zone.group(1)}")] if zone else []
    elif service == "ecs":
        found += _of_ecs(call, said, first, arn)
    elif service == "elasticloadbalancing":
        found += _of_elb(call, first, arn)
    elif service == "wafv2":
        if first("Name"):
            found.append(arn(f"regional/webacl/{first('Name')}/{first('Id') or 'new'}"))
        if first("VendorName"):
            found.append(f"arn:{partition}:wafv2:{call.region}:aws:regional/managedruleset/{first('VendorName')}/any")
    elif service == "application-autoscaling" and first("ResourceId"):
        found.append(find(service, "ResourceId", first("ResourceId")) or arn("scalable-target/new"))
    elif service == "acm" and call.operation == "RequestCertificate":
        found.append(arn("certificate/new"))
    elif service == "logs" and first("logStreamName"):
        found.append(arn(f"log-group:{first('logGroupName')}:log-stream:{first('logStreamName')}"))
    elif service == "ssm":
        cluster, _, rest = first("Target").removeprefix("ecs:").partition("_")
        found.append(f"arn:{partition}:ecs:{place}:task/{cluster}/{rest.partition('_')[0]}")
        found.append(f"arn:{partition}:ssm:{call.region}::document/{first('DocumentName')}")
    elif service == "ecr" and call.target and not said:
        found.append(arn(f"repository/{call.target.partition('/')[0]}"))
    return found


def _of_ec2(call, said, arn):
    found = []
    for name, text in said:
        kind = EC2_IDS.get(text.rpartition("-")[0]) if re.fullmatch(r"[a-z]+-[0-9a-f]+", text) else None
        # The peer of a rule is not what is changed.
        if kind and not name.startswith(("IpPermissions", "Filter")):
            found.append(arn(f"{kind}/{text}"))
    if call.operation in EC2_MAKES:
        found.append(arn(f"{EC2_MAKES[call.operation]}/new"))
    return found


def _of_ecs(call, said, first, arn):
    cluster = first("cluster").rpartition("/")[2]
    found = [arn(f"cluster/{cluster}")] if cluster else []
    if call.operation in ("CreateService", "UpdateService", "DeleteService", "ListServiceDeployments"):
        named = first("serviceName", "service").rpartition("/")[2]
        found.append(arn(f"service/{cluster}/{named}"))
    if call.operation == "RunTask":
        named = first("taskDefinition").rpartition("/")[2]
        found.append(arn(f"task-definition/{named if ':' in named else named + ':1'}"))
        found.append(arn(f"task/{cluster}/new"))
    if call.operation in ("StopTask", "ExecuteCommand"):
        found.append(arn(f"task/{cluster}/{first('task').rpartition('/')[2]}"))
    if call.operation == "DeleteTaskDefinitions":
        found += [arn(f"task-definition/{text}") for name, text in said if name == "taskDefinitions" and not text.startswith("arn:")]
    return found


def _of_elb(call, first, arn):
    balancer = first("LoadBalancerArn").partition("loadbalancer/app/")[2]
    listener = first("ListenerArn").partition("listener/app/")[2]
    return {
        "CreateLoadBalancer": [arn(f"loadbalancer/app/{first('Name')}/new")],
        "CreateTargetGroup": [arn(f"targetgroup/{first('Name')}/new")],
        "CreateListener": [arn(f"listener/app/{balancer}/new")],
        "CreateRule": [arn(f"listener-rule/app/{listener}/new")],
    }.get(call.operation, [])
