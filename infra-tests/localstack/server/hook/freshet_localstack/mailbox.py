"""Answers that somebody outside gives by a PUT to a presigned URL, which CloudFormation waits for."""

import json
import os
import time
import uuid

import boto3
from botocore.client import Config

BUCKET = "cloudformation-answers"
POLL_SECONDS = 0.1
EXPIRES_SECONDS = 12 * 3600


def open_mailbox(request):
    """A key, and the URL that whoever answers puts to; the address is one that containers reach."""
    s3 = request.aws_client_factory.s3
    bucket = f"{BUCKET}-{request.region_name}"
    place = (
        {}
        if request.region_name == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": request.region_name}}
    )
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        pass
    key = str(uuid.uuid4())
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{os.environ['LOCALSTACK_HOST']}",
        region_name=request.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    url = client.generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=EXPIRES_SECONDS
    )
    return key, url


def await_answer(request, key, timeout_seconds):
    """The answer's JSON, or None when the time is up."""
    s3 = request.aws_client_factory.s3
    bucket = f"{BUCKET}-{request.region_name}"
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            s3.delete_object(Bucket=bucket, Key=key)
            return json.loads(body)
        except s3.exceptions.NoSuchKey:
            time.sleep(POLL_SECONDS)
    return None
