import { Duration } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Grant } from 'aws-cdk-lib/aws-iam'
import * as sns from 'aws-cdk-lib/aws-sns'
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/**
 * The way of CloudFormation's requests to the control plane: CloudFormation publishes to the topic, the queue keeps
 * them, the control plane does what they ask for and answers CloudFormation itself. No function runs for it.
 */
export class CustomResources extends Construct {
  /** Its ARN is the service token of custom resources. */
  readonly topic: sns.Topic
  readonly queue: sqs.Queue

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.topic = new sns.Topic(this, 'Topic', { enforceSSL: true })
    this.queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // CloudFormation waits for an hour at most.
      retentionPeriod: Duration.hours(2),
      visibilityTimeout: Duration.seconds(30),
      receiveMessageWaitTime: Duration.seconds(20),
    })
    this.topic.addSubscription(new subscriptions.SqsSubscription(this.queue, { rawMessageDelivery: true }))
  }

  grantAnswer(grantee: IGrantable): Grant {
    const actions = ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage']
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.queue.queueArn] })
  }
}
