/** What a figure is to be: a number, or a multiple (`×`) of what Apache Kafka needs for the same. */
export interface Goal {
  readonly text: string
  /** Undefined where there is nothing to compare with. */
  isMet(freshet: number, apache: number | undefined): boolean | undefined
}

/** Which figures of a case are results, in their order, and what each is to be; the others are context. */
export type Goals = Readonly<Record<string, Goal>>

export const noGoal: Goal = { text: '', isMet: () => undefined }

/** `unit` is that of the figure, or `×`. */
export function atMost(limit: number, unit = ''): Goal {
  return goal(limit === 0 ? '0' : `≤ ${limit}${suffix(unit)}`, unit, (value) => value <= limit)
}

export function atLeast(limit: number, unit = ''): Goal {
  return goal(`≥ ${limit}${suffix(unit)}`, unit, (value) => value >= limit)
}

function goal(text: string, unit: string, isGood: (value: number) => boolean): Goal {
  return {
    text,
    isMet(freshet, apache) {
      if (unit !== '×') return isGood(freshet)
      return apache === undefined || apache === 0 ? undefined : isGood(freshet / apache)
    },
  }
}

function suffix(unit: string): string {
  return unit === '' || unit === '×' ? unit : ` ${unit}`
}
