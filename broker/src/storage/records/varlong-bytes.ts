import { varlongSize, writeVarlong } from '../../wire/varints.ts'

/** A number as records have it; for 32 bits the same bytes as a varint. */
export function varlongBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varlongSize(value))
  writeVarlong(bytes, 0, value)
  return bytes
}
