"""EBS volumes and their attachments."""

from .provider import given, provider, tag_specifications, whole_numbers


def create(model, request):
    created = request.aws_client_factory.ec2.create_volume(
        **given(model, "AvailabilityZone", "VolumeType", "Encrypted", "SnapshotId", "KmsKeyId"),
        **whole_numbers(model, "Size", "Iops", "Throughput"),
        TagSpecifications=tag_specifications(model, request, "volume"),
    )
    model["VolumeId"] = created["VolumeId"]


def update(model, previous, request):
    request.aws_client_factory.ec2.modify_volume(
        VolumeId=previous["VolumeId"], **whole_numbers(model, "Size", "Iops", "Throughput")
    )


def delete(model, request):
    request.aws_client_factory.ec2.delete_volume(VolumeId=model["VolumeId"])


def attach(model, request):
    request.aws_client_factory.ec2.attach_volume(**given(model, "Device", "InstanceId", "VolumeId"))


def detach(model, request):
    request.aws_client_factory.ec2.detach_volume(**given(model, "Device", "InstanceId", "VolumeId"))


PROVIDERS = [
    provider(
        "AWS::EC2::Volume",
        identifier="VolumeId",
        create=create,
        update=update,
        delete=delete,
        create_only=("AvailabilityZone", "Encrypted", "SnapshotId", "KmsKeyId"),
    ),
    provider(
        "AWS::EC2::VolumeAttachment",
        identifier=("VolumeId", "InstanceId"),
        create=attach,
        delete=detach,
        create_only=("Device", "InstanceId", "VolumeId"),
    ),
]
