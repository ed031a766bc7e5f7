"""Route 53's hosted zones, private ones too."""

from .provider import provider


def create(model, request):
    vpcs = model.get("VPCs") or []
    private = {"VPC": {"VPCRegion": vpcs[0]["VPCRegion"], "VPCId": vpcs[0]["VPCId"]}} if vpcs else {}
    created = request.aws_client_factory.route53.create_hosted_zone(
        Name=model["Name"], CallerReference=f"{request.stack_id}/{request.logical_resource_id}", **private
    )
    model["Id"] = created["HostedZone"]["Id"].rsplit("/", 1)[-1]


def update(model, previous, request):
    """Comments and tags: nobody looks at them here."""


def delete(model, request):
    request.aws_client_factory.route53.delete_hosted_zone(Id=model["Id"])


PROVIDERS = [
    provider(
        "AWS::Route53::HostedZone",
        identifier="Id",
        create=create,
        update=update,
        delete=delete,
        create_only=("Name",),
    )
]
