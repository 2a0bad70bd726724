"""STS: the caller is a user named like the account's only one."""

from moto.sts.responses import TokenResponse

from ..core.wire import amends


def install(sandbox):
    """GetCallerIdentity names the user that refusals name (see the test harness's faults.denial)."""

    @amends(TokenResponse, "GetCallerIdentity")
    def identity(response, asked, reply):
        if reply["Arn"].endswith(":user/moto"):
            reply["Arn"] = sandbox.hooks.caller() or f"arn:{response.partition}:iam::{sandbox.account}:user/sandbox"
