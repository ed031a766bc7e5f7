"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html"""

from .provider import provider


def create(model, request):
    model.setdefault("LaunchTemplateName", f"{request.stack_name}-{request.logical_resource_id}"[:128])
    created = request.aws_client_factory.ec2.create_launch_template(
        LaunchTemplateName=model["LaunchTemplateName"], LaunchTemplateData=model["LaunchTemplateData"]
    )["LaunchTemplate"]
    model.update(
        LaunchTemplateId=created["LaunchTemplateId"], LatestVersionNumber="1", DefaultVersionNumber="1"
    )


def update(model, previous, request):
    model["LaunchTemplateName"] = previous["LaunchTemplateName"]
    if model["LaunchTemplateData"] == previous["LaunchTemplateData"]:
        return
    version = request.aws_client_factory.ec2.create_launch_template_version(
        LaunchTemplateId=model["LaunchTemplateId"], LaunchTemplateData=model["LaunchTemplateData"]
    )["LaunchTemplateVersion"]
    model["LatestVersionNumber"] = str(version["VersionNumber"])


def delete(model, request):
    request.aws_client_factory.ec2.delete_launch_template(LaunchTemplateId=model["LaunchTemplateId"])


PROVIDERS = [
    provider(
        "AWS::EC2::LaunchTemplate",
        identifier="LaunchTemplateId",
        create=create,
        update=update,
        delete=delete,
        read_only=("LatestVersionNumber", "DefaultVersionNumber"),
        create_only=("LaunchTemplateName",),
    )
]
