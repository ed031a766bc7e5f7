/** FNV-1a over the UTF-16 units of a text, twice with different seeds: 52 bits, which a record's number can hold. */
export function checksum(text: string): number {
  return fnv1a(text, 0x811c9dc5) + (fnv1a(text, 0x01000193) & 0xfffff) * 0x1_0000_0000
}

function fnv1a(text: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
