/** What `kafka-configs --alter` is to set and to remove. */
import { IllegalArgumentException } from '../client/exceptions.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { type Properties, propertiesFile } from '../command-line/properties.ts'

export interface Changes {
  readonly added: Properties
  readonly deleted: readonly string[]
}

export function changesOf(options: ParsedOptions): Changes {
  const file = options.value('add-config-file')
  const list = options.value('add-config')
  const added = {
    ...(file === undefined ? {} : propertiesFile(file)),
    ...(list === undefined ? {} : pairs(list)),
  }
  for (const key of Object.keys(added)) {
    if (!/^[$a-zA-Z0-9._-]*$/.test(key)) {
      throw new IllegalArgumentException(`Invalid character found for config key: ${key}`)
    }
  }
  return { added, deleted: options.values('delete-config').map((key) => key.trim()) }
}

/** No comma or equals sign inside of brackets separates anything. */
const OUTSIDE_BRACKETS = '(?=[^\\]]*(?:\\[|$))'

function pairs(list: string): Properties {
  return Object.fromEntries(
    list.split(new RegExp(`,${OUTSIDE_BRACKETS}`)).map((each) => {
      const parts = each.split(new RegExp(`\\s*=\\s*${OUTSIDE_BRACKETS}`))
      const [key, value] = parts
      if (key === undefined || value === undefined || parts.length !== 2) {
        throw new IllegalArgumentException(
          'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  ' +
            '"key=[val1,val2]" to group values which contain commas.',
        )
      }
      return [key.trim(), value.replace(/\[?\]?/g, '').trim()]
    }),
  )
}
