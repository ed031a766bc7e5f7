"""DynamoDB's engine is a process of its own that LocalStack would download; here it can be one that runs already."""

import os
from urllib.parse import urlparse

from localstack.services.dynamodb.server import DynamodbServer


def use_given_engine():
    url = os.environ.get("FRESHET_DYNAMODB_URL")
    if not url:
        return
    given = urlparse(url)
    construct = DynamodbServer.__init__

    def constructed(self, port=None, host="localhost", db_path=None):
        construct(self, port=given.port, host=given.hostname, db_path=db_path)

    DynamodbServer.__init__ = constructed
    DynamodbServer.start_dynamodb = lambda self: True
    DynamodbServer.stop_dynamodb = lambda self: None
    DynamodbServer.is_up = lambda self: True
    DynamodbServer.is_running = lambda self: True
