# What Terraform's AWS provider can manage of Amazon MSK, with a change in the middle: `second` is false, then true.

variable "endpoint" { type = string }

variable "second" {
  type    = bool
  default = false
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
  endpoints { kafka = var.endpoint }
}

resource "aws_msk_configuration" "tuned" {
  name              = "tuned"
  kafka_versions    = ["4.1.x.kraft"]
  server_properties = var.second ? "num.partitions = 3\nlog.retention.ms = 60000\n" : "num.partitions = 2\n"
}

resource "aws_msk_cluster" "orders" {
  cluster_name           = "orders"
  kafka_version          = "4.1.x.kraft"
  number_of_broker_nodes = var.second ? 6 : 3
  enhanced_monitoring    = var.second ? "PER_BROKER" : "DEFAULT"

  broker_node_group_info {
    instance_type   = var.second ? "kafka.m7g.xlarge" : "kafka.m7g.large"
    client_subnets  = ["subnet-a", "subnet-b", "subnet-c"]
    security_groups = ["sg-a"]
    storage_info {
      ebs_storage_info { volume_size = var.second ? 200 : 100 }
    }
  }

  client_authentication {
    unauthenticated = true
    sasl { scram = true }
  }

  configuration_info {
    arn      = aws_msk_configuration.tuned.arn
    revision = aws_msk_configuration.tuned.latest_revision
  }

  open_monitoring {
    prometheus {
      jmx_exporter { enabled_in_broker = var.second }
      node_exporter { enabled_in_broker = false }
    }
  }

  tags = { team = var.second ? "billing" : "sales" }
}

resource "aws_msk_scram_secret_association" "users" {
  cluster_arn     = aws_msk_cluster.orders.arn
  secret_arn_list = [for name in(var.second ? ["a", "b"] : ["a"]) : "arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_${name}-abcdef"]
}

resource "aws_msk_cluster_policy" "others" {
  cluster_arn = aws_msk_cluster.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111111111111:root" }
      Action    = var.second ? ["kafka:CreateVpcConnection", "kafka:GetBootstrapBrokers"] : ["kafka:CreateVpcConnection"]
      Resource  = aws_msk_cluster.orders.arn
    }]
  })
}

resource "aws_msk_serverless_cluster" "events" {
  cluster_name = "events"
  vpc_config {
    subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
    security_group_ids = ["sg-a"]
  }
  client_authentication {
    sasl {
      iam { enabled = true }
    }
  }
  tags = { team = var.second ? "billing" : "sales" }
}

# The number of brokers does not change the ARN: without depends_on this would be read before the update.
data "aws_msk_broker_nodes" "orders" {
  cluster_arn = aws_msk_cluster.orders.arn
  depends_on  = [aws_msk_cluster.orders]
}

data "aws_msk_bootstrap_brokers" "events" { cluster_arn = aws_msk_serverless_cluster.events.arn }

output "brokers" { value = length(data.aws_msk_broker_nodes.orders.node_info_list) }

output "bootstrap" { value = aws_msk_cluster.orders.bootstrap_brokers }
