"""What the providers of this package have in common: plain functions over a resource's model become a provider."""

from localstack.services.cloudformation import resource_provider as base


def provider(type_name, *, identifier, create, delete, update=None, read_only=(), create_only=()):
    """`create` and `update` complete the model; a change of a `create_only` property replaces the resource."""
    identifiers = [identifier] if isinstance(identifier, str) else list(identifier)

    class Provider(base.ResourceProvider):
        TYPE = type_name
        SCHEMA = {
            "typeName": type_name,
            "primaryIdentifier": [f"/properties/{name}" for name in identifiers],
            "readOnlyProperties": [f"/properties/{name}" for name in [*identifiers, *read_only]],
            "createOnlyProperties": [f"/properties/{name}" for name in create_only],
            "properties": {},
        }

        def create(self, request):
            create(request.desired_state, request)
            return succeeded(request.desired_state, request)

        def update(self, request):
            model, previous = request.desired_state, request.previous_state
            for name in [*identifiers, *read_only]:
                if name in previous:
                    model.setdefault(name, previous[name])
            try:
                if update is not None:
                    update(model, previous, request)
                elif changed(model, previous):
                    raise NotImplementedError(f"{type_name}: {', '.join(changed(model, previous))} cannot be changed here")
            except Exception as error:  # The engine would hide it behind a message about something else.
                return failed(str(error))
            return succeeded(model, request)

        def delete(self, request):
            delete(request.desired_state, request)
            return succeeded({}, request)

    return Provider


def succeeded(model, request):
    return base.ProgressEvent(
        status=base.OperationStatus.SUCCESS, resource_model=model, custom_context=request.custom_context
    )


def failed(reason):
    return base.ProgressEvent(status=base.OperationStatus.FAILED, resource_model={}, message=reason)


def changed(model, previous):
    return [name for name, value in model.items() if previous.get(name) != value]


def tag_specifications(model, request, kind):
    """The resource's own tags, and those that CloudFormation itself puts on what it makes."""
    own = [
        {"Key": "aws:cloudformation:stack-name", "Value": request.stack_name},
        {"Key": "aws:cloudformation:stack-id", "Value": request.stack_id},
        {"Key": "aws:cloudformation:logical-id", "Value": request.logical_resource_id},
    ]
    return [{"ResourceType": kind, "Tags": [*own, *plain_tags(model)]}]


def plain_tags(model):
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in model.get("Tags") or []]


def given(model, *names):
    return {name: model[name] for name in names if model.get(name) not in (None, "")}


def whole_numbers(model, *names):
    return {name: int(model[name]) for name in names if model.get(name) is not None}
