"""CloudWatch dashboards."""

from .provider import provider


def put(model, request):
    model.setdefault("DashboardName", f"{request.stack_name}-{request.logical_resource_id}")
    request.aws_client_factory.cloudwatch.put_dashboard(
        DashboardName=model["DashboardName"], DashboardBody=model["DashboardBody"]
    )


def delete(model, request):
    request.aws_client_factory.cloudwatch.delete_dashboards(DashboardNames=[model["DashboardName"]])


PROVIDERS = [
    provider(
        "AWS::CloudWatch::Dashboard",
        identifier="DashboardName",
        create=put,
        update=lambda model, previous, request: put(model, request),
        delete=delete,
        create_only=("DashboardName",),
    )
]
