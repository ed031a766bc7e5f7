"""Closes the gaps of LocalStack's open edition that Freshet would fall into.

Its CloudFormation fakes some resource types of EC2, CloudWatch and Route 53, or drops most of their properties; here
they are made by calls of LocalStack's own services. Resources with an SNS topic for a service token work as in AWS.
"""

from localstack.services.cloudformation import resource_provider

from . import (
    alarm,
    custom_resource,
    dashboard,
    dynamodb,
    ec2,
    hosted_zone,
    instance,
    launch_template,
    network,
    volume,
    wait_condition,
)

PROVIDERS = {
    provider.TYPE: provider
    for module in (instance, launch_template, network, volume, dashboard, hosted_zone, wait_condition)
    for provider in module.PROVIDERS
}


def install():
    executor = resource_provider.ResourceProviderExecutor
    load = executor.try_load_resource_provider

    def try_load(resource_type):
        if resource_type in PROVIDERS:
            return PROVIDERS[resource_type]()
        if resource_type and custom_resource.is_custom(resource_type):
            return custom_resource.CustomResource()
        provider = load(resource_type)
        if resource_type == alarm.TYPE:
            alarm.make_updatable(provider)
        return provider

    executor.try_load_resource_provider = staticmethod(try_load)
    dynamodb.use_given_engine()
    ec2.complete()
