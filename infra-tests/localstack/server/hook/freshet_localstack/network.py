"""Rules of security groups, and network interfaces."""

from .provider import given, provider, tag_specifications, whole_numbers


def permission(model):
    description = given(model, "Description")
    result = {"IpProtocol": str(model["IpProtocol"]), **whole_numbers(model, "FromPort", "ToPort")}
    if model.get("CidrIp"):
        result["IpRanges"] = [{"CidrIp": model["CidrIp"], **description}]
    if model.get("CidrIpv6"):
        result["Ipv6Ranges"] = [{"CidrIpv6": model["CidrIpv6"], **description}]
    if group := model.get("SourceSecurityGroupId") or model.get("DestinationSecurityGroupId"):
        result["UserIdGroupPairs"] = [{"GroupId": group, **description}]
    return result


def rule(direction):
    def create(model, request):
        authorize = getattr(request.aws_client_factory.ec2, f"authorize_security_group_{direction}")
        added = authorize(GroupId=model["GroupId"], IpPermissions=[permission(model)])
        model["Id"] = added["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def delete(model, request):
        revoke = getattr(request.aws_client_factory.ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=model["GroupId"], IpPermissions=[permission(model)])

    return provider(
        f"AWS::EC2::SecurityGroup{direction.capitalize()}",
        identifier="Id",
        create=create,
        delete=delete,
        create_only=(
            "GroupId",
            "IpProtocol",
            "FromPort",
            "ToPort",
            "CidrIp",
            "CidrIpv6",
            "SourceSecurityGroupId",
            "DestinationSecurityGroupId",
        ),
    )


def create_interface(model, request):
    created = request.aws_client_factory.ec2.create_network_interface(
        **given(model, "SubnetId", "PrivateIpAddress", "Description"),
        Groups=model.get("GroupSet") or [],
        TagSpecifications=tag_specifications(model, request, "network-interface"),
    )["NetworkInterface"]
    model.update(Id=created["NetworkInterfaceId"], PrimaryPrivateIpAddress=created["PrivateIpAddress"])


def update_interface(model, previous, request):
    request.aws_client_factory.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=previous["Id"], Groups=model.get("GroupSet") or []
    )


def delete_interface(model, request):
    request.aws_client_factory.ec2.delete_network_interface(NetworkInterfaceId=model["Id"])


def attach_interface(model, request):
    attached = request.aws_client_factory.ec2.attach_network_interface(
        **given(model, "InstanceId", "NetworkInterfaceId"), **whole_numbers(model, "DeviceIndex")
    )
    model["AttachmentId"] = attached["AttachmentId"]


def detach_interface(model, request):
    request.aws_client_factory.ec2.detach_network_interface(AttachmentId=model["AttachmentId"])


PROVIDERS = [
    rule("ingress"),
    rule("egress"),
    provider(
        "AWS::EC2::NetworkInterface",
        identifier="Id",
        create=create_interface,
        update=update_interface,
        delete=delete_interface,
        read_only=("PrimaryPrivateIpAddress",),
        create_only=("SubnetId", "PrivateIpAddress"),
    ),
    provider(
        "AWS::EC2::NetworkInterfaceAttachment",
        identifier="AttachmentId",
        create=attach_interface,
        delete=detach_interface,
        create_only=("DeviceIndex", "InstanceId", "NetworkInterfaceId"),
    ),
]
