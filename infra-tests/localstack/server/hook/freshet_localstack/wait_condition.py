"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html, of one signal each.

LocalStack's own are complete at once, and listen where containers cannot reach them.
"""

import json

from localstack.services.cloudformation import resource_provider as base

from .mailbox import await_answer, open_mailbox
from .provider import failed, provider, succeeded


def create_handle(model, request):
    model["Key"], model["Id"] = open_mailbox(request)


def nothing(*_):
    """Neither is anything outside of CloudFormation."""


class WaitCondition(base.ResourceProvider):
    TYPE = "AWS::CloudFormation::WaitCondition"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id", "/properties/Data"],
        "properties": {},
    }

    def create(self, request):
        model = request.desired_state
        if int(model.get("Count") or 1) != 1:
            return failed("a wait condition of more than one signal does not work here")
        key = model["Handle"].split("?")[0].rsplit("/", 1)[-1]
        signal = await_answer(request, key, float(model["Timeout"]))
        if signal is None:
            return failed("WaitCondition timed out. Received 0 conditions when expecting 1")
        if signal.get("Status") != "SUCCESS":
            return failed(f"WaitCondition received failed message: '{signal.get('Reason')}'")
        model["Id"] = f"{request.stack_name}-{request.logical_resource_id}"
        model["Data"] = json.dumps({signal.get("UniqueId"): signal.get("Data")})
        return succeeded(model, request)

    def update(self, request):
        return succeeded({**request.previous_state, **request.desired_state}, request)

    def delete(self, request):
        return succeeded({}, request)


PROVIDERS = [
    WaitCondition,
    provider(
        "AWS::CloudFormation::WaitConditionHandle",
        identifier="Id",
        create=create_handle,
        update=nothing,
        delete=nothing,
    ),
]
