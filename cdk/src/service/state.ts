import { RemovalPolicy } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

/** What must outlive everything else of the service: without it nobody knows which volume holds which partition. */
export interface ServiceStateProps {
  /**
   * What becomes of tables and secrets when they leave the stack. `DESTROY` also lifts their protection against
   * deletion.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy

  /**
   * Whether the tables can be restored to any second of the last 35 days.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean
}

export class ServiceState extends Construct {
  /** Clusters, operations, configurations, access keys: for control planes only. */
  readonly controlPlaneTable: dynamodb.Table
  /** Metadata logs and controller leases of the clusters: for brokers too. */
  readonly coordinationTable: dynamodb.Table
  /** From it follow the key that seals access keys, and what agents prove themselves with. */
  readonly serviceSecret: secretsmanager.Secret
  /** The first access key of the API, as JSON: accessKeyId and secretAccessKey. */
  readonly administratorKey: secretsmanager.Secret

  constructor(scope: Construct, id: string, props: ServiceStateProps = {}) {
    super(scope, id)
    const { removalPolicy = RemovalPolicy.RETAIN, pointInTimeRecovery = true } = props
    const table = (name: string) =>
      new dynamodb.Table(this, name, {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
        billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
        deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
        removalPolicy,
      })
    this.controlPlaneTable = table('ControlPlane')
    this.coordinationTable = table('Coordination')
    this.serviceSecret = new secretsmanager.Secret(this, 'ServiceSecret', {
      description:
        'Freshet: seals access keys and proves hosts. A new value makes those that there are void.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    })
    this.administratorKey = new secretsmanager.Secret(this, 'AdministratorKey', {
      description: "Freshet: the first access key of the MSK API, in the AWS CLI's words.",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ accessKeyId: ADMINISTRATOR }),
        generateStringKey: 'secretAccessKey',
        passwordLength: 40,
        excludePunctuation: true,
      },
      removalPolicy,
    })
  }
}

/** It looks like all ids that Freshet gives out: AKFR and 16 characters of base 32. */
const ADMINISTRATOR = 'AKFRADMINISTRATORKEY'
