/** Which segments become one when they are cleaned, so that cleaning leaves no dust of tiny files. Pure. */
export interface GroupableSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** Entries of both indexes in bytes, the larger one. */
  readonly indexBytes: number
}

export interface GroupLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  /** The first offset after the last segment. */
  readonly endOffset: number
}

const RELATIVE_OFFSET_MAX = 0x7fffffff

/** Neighbours come together as long as they fit into one segment as they are. */
export function groupSegments<S extends GroupableSegment>(
  segments: readonly S[],
  { segmentBytes, segmentIndexBytes, endOffset }: GroupLimits,
): S[][] {
  const groups: S[][] = []
  let sizeBytes = 0
  let indexBytes = 0
  for (const [index, segment] of segments.entries()) {
    const group = groups.at(-1)
    const lastOffset = (segments[index + 1]?.baseOffset ?? endOffset) - 1
    const fits =
      group !== undefined &&
      sizeBytes + segment.sizeBytes <= segmentBytes &&
      indexBytes + segment.indexBytes <= segmentIndexBytes &&
      (segment.sizeBytes === 0 || lastOffset - (group[0]?.baseOffset ?? 0) <= RELATIVE_OFFSET_MAX)
    if (fits) {
      group.push(segment)
      sizeBytes += segment.sizeBytes
      indexBytes += segment.indexBytes
    } else {
      groups.push([segment])
      sizeBytes = segment.sizeBytes
      indexBytes = segment.indexBytes
    }
  }
  return groups
}
