/** Versions of Kafka by MSK's names. */
export class KafkaVersion {
  static readonly V3_6_0 = KafkaVersion.of('3.6.0')
  static readonly V3_7_X = KafkaVersion.of('3.7.x')
  static readonly V3_7_X_KRAFT = KafkaVersion.of('3.7.x.kraft')
  static readonly V3_8_X = KafkaVersion.of('3.8.x')
  static readonly V3_8_X_KRAFT = KafkaVersion.of('3.8.x.kraft')
  static readonly V3_9_X = KafkaVersion.of('3.9.x')
  static readonly V3_9_X_KRAFT = KafkaVersion.of('3.9.x.kraft')
  static readonly V4_0_X_KRAFT = KafkaVersion.of('4.0.x.kraft')
  static readonly V4_1_X_KRAFT = KafkaVersion.of('4.1.x.kraft')

  /** A version that has no name here. */
  static of(version: string): KafkaVersion {
    return new KafkaVersion(version)
  }

  readonly version: string

  private constructor(version: string) {
    this.version = version
  }
}
