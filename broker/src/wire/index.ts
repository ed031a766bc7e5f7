/** Kafka's protocol without input or output: schemas and their codecs, frames, errors, record batches. */
export * from './batch.ts'
export { decode, decodeRequestBody, encode, encodeParts } from './codec.ts'
export * from './control-records.ts'
export * from './errors.ts'
export * from './frames.ts'
export * from './records.ts'
export * from './schema.ts'
export { isUuid, ZERO_UUID } from './uuid.ts'
