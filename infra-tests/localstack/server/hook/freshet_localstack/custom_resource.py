"""Custom resources whose service token is an SNS topic.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html: the request is published to the topic; a
service somewhere answers by a PUT to the presigned URL in it.
"""

import json

from localstack.services.cloudformation import resource_provider as base

from .mailbox import await_answer, open_mailbox
from .provider import failed, succeeded

# The properties as the template had them: the model also has what the service answered.
GIVEN = "__given"
DEFAULT_TIMEOUT_SECONDS = 3600


def is_custom(resource_type):
    return resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource"


class CustomResource(base.ResourceProvider):
    TYPE = "AWS::CloudFormation::CustomResource"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/PhysicalResourceId"],
        "readOnlyProperties": ["/properties/PhysicalResourceId"],
        "createOnlyProperties": ["/properties/ServiceToken"],
        "properties": {},
    }

    def create(self, request):
        given = dict(request.desired_state)
        answer = ask(request, "Create", given)
        return outcome(answer, given, request)

    def update(self, request):
        given = dict(request.desired_state)
        previous = request.previous_state
        physical_id = previous["PhysicalResourceId"]
        known = {"PhysicalResourceId": physical_id, "OldResourceProperties": previous[GIVEN]}
        answer = ask(request, "Update", given, **known)
        if answer["Status"] == "SUCCESS" and answer["PhysicalResourceId"] != physical_id:
            # It was replaced: what was there before goes.
            ask(request, "Delete", previous[GIVEN], PhysicalResourceId=physical_id)
        return outcome(answer, given, request)

    def delete(self, request):
        model = request.desired_state
        if "PhysicalResourceId" not in model:
            return succeeded({}, request)
        answer = ask(request, "Delete", model[GIVEN], PhysicalResourceId=model["PhysicalResourceId"])
        return succeeded({}, request) if answer["Status"] == "SUCCESS" else failed(reason_of(answer))


def outcome(answer, given, request):
    if answer["Status"] != "SUCCESS":
        return failed(reason_of(answer))
    physical_id = answer["PhysicalResourceId"]
    model = {**given, **(answer.get("Data") or {}), "PhysicalResourceId": physical_id, GIVEN: given}
    return succeeded(model, request)


def reason_of(answer):
    return answer.get("Reason") or "the service gave no reason"


def ask(request, request_type, properties, **known):
    token = properties["ServiceToken"]
    if ":sns:" not in token:
        return {"Status": "FAILED", "Reason": f"{token} is no SNS topic: no other service token works here"}
    key, url = open_mailbox(request)
    message = {
        "RequestType": request_type,
        "RequestId": key,
        "ResponseURL": url,
        "StackId": request.stack_id,
        "ServiceToken": token,
        "ResourceType": request.resource_type,
        "LogicalResourceId": request.logical_resource_id,
        "ResourceProperties": as_text(properties),
        **{name: as_text(value) for name, value in known.items()},
    }
    request.aws_client_factory.sns.publish(
        TopicArn=token, Subject="AWS CloudFormation custom resource request", Message=json.dumps(message)
    )
    timeout = float(properties.get("ServiceTimeout") or DEFAULT_TIMEOUT_SECONDS)
    answer = await_answer(request, key, timeout)
    if answer is None:
        return {"Status": "FAILED", "Reason": f"no answer within {timeout:.0f} s"}
    return checked(answer, message)


def checked(answer, message):
    """An answer that lacks or mistakes what it must name is a failure."""
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != message[name]:
            return {"Status": "FAILED", "Reason": f"the answer's {name} is {answer.get(name)!r}"}
    if answer.get("Status") not in ("SUCCESS", "FAILED") or not answer.get("PhysicalResourceId"):
        return {"Status": "FAILED", "Reason": "the answer lacks Status or PhysicalResourceId"}
    return answer


def as_text(value):
    """CloudFormation turns numbers and booleans into text on the way."""
    if isinstance(value, dict):
        return {name: as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)
