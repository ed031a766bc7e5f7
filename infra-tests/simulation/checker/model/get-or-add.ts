export function getOrAdd<Key, Item>(map: Map<Key, Item>, key: Key, create: () => Item): Item {
  let item = map.get(key)
  if (item === undefined) {
    item = create()
    map.set(key, item)
  }
  return item
}
