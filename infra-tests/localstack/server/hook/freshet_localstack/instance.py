"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html"""

import base64
import time

from .provider import given, plain_tags, provider, tag_specifications, whole_numbers

PASSED_ON = (
    "BlockDeviceMappings",
    "CpuOptions",
    "CreditSpecification",
    "EbsOptimized",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "KeyName",
    "MetadataOptions",
    "NetworkInterfaces",
    "PrivateIpAddress",
    "SecurityGroupIds",
    "SubnetId",
)
REPLACING = (
    "AvailabilityZone",
    "CpuOptions",
    "ImageId",
    "KeyName",
    "LaunchTemplate",
    "NetworkInterfaces",
    "PrivateIpAddress",
    "SubnetId",
)
ATTRIBUTES = (
    "InstanceId",
    "PrivateIp",
    "PrivateDnsName",
    "PublicIp",
    "PublicDnsName",
    "AvailabilityZone",
    "VpcId",
)
# So long an instance stays stopped before it starts again: whoever watches instances sees it.
STOPPED_SECONDS = 1.5


def create(model, request):
    ec2 = request.aws_client_factory.ec2
    template = template_data(model, ec2)
    merged = {**template, **model}
    parameters = given(merged, *PASSED_ON)
    for nic in parameters.get("NetworkInterfaces", []):
        nic.update(whole_numbers(nic, "DeviceIndex"))
    for mapping in parameters.get("BlockDeviceMappings", []):
        ebs = mapping.get("Ebs") or {}
        ebs.update(whole_numbers(ebs, "VolumeSize", "Iops", "Throughput"))
    if profile := model.get("IamInstanceProfile"):
        parameters["IamInstanceProfile"] = {"Name": profile}
    elif profile := template.get("IamInstanceProfile"):
        parameters["IamInstanceProfile"] = given(profile, "Name", "Arn")
    if user_data := merged.get("UserData"):
        # The client encodes it again.
        parameters["UserData"] = base64.b64decode(user_data).decode()
    if model.get("AvailabilityZone") and "SubnetId" not in parameters:
        parameters["Placement"] = {"AvailabilityZone": model["AvailabilityZone"]}
    created = ec2.run_instances(
        MinCount=1, MaxCount=1, TagSpecifications=tag_specifications(model, request, "instance"), **parameters
    )
    read(model, created["Instances"][0]["InstanceId"], ec2)


def template_data(model, ec2):
    template = model.get("LaunchTemplate")
    if not template:
        return {}
    versions = ec2.describe_launch_template_versions(
        **given(template, "LaunchTemplateId", "LaunchTemplateName"), Versions=[str(template["Version"])]
    )
    return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def update(model, previous, request):
    ec2 = request.aws_client_factory.ec2
    instance_id = previous["Id"]
    if any(model.get(name) != previous.get(name) for name in ("UserData", "InstanceType")):
        ec2.stop_instances(InstanceIds=[instance_id])
        time.sleep(STOPPED_SECONDS)
        if "UserData" in model:
            ec2.modify_instance_attribute(InstanceId=instance_id, Attribute="userData", Value=model["UserData"])
        if "InstanceType" in model:
            ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": model["InstanceType"]})
        ec2.start_instances(InstanceIds=[instance_id])
    if model.get("SecurityGroupIds"):
        ec2.modify_instance_attribute(InstanceId=instance_id, Groups=model["SecurityGroupIds"])
    if model.get("Tags"):
        ec2.create_tags(Resources=[instance_id], Tags=plain_tags(model))
    read(model, instance_id, ec2)


def read(model, instance_id, ec2):
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    model.update(
        Id=instance_id,
        InstanceId=instance_id,
        PrivateIp=instance.get("PrivateIpAddress"),
        PrivateDnsName=instance.get("PrivateDnsName"),
        PublicIp=instance.get("PublicIpAddress", ""),
        PublicDnsName=instance.get("PublicDnsName", ""),
        AvailabilityZone=instance["Placement"]["AvailabilityZone"],
        VpcId=instance.get("VpcId"),
    )


def delete(model, request):
    request.aws_client_factory.ec2.terminate_instances(InstanceIds=[model["Id"]])


PROVIDERS = [
    provider(
        "AWS::EC2::Instance",
        identifier="Id",
        create=create,
        update=update,
        delete=delete,
        read_only=ATTRIBUTES,
        create_only=REPLACING,
    )
]
