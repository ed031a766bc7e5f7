/** What the simulator and the runs of real processes use of the checker. */
export { check, isViolation } from './check.ts'
export type { Answer, Call, History, HistoryEvent, NoticeBody, PolledRecord, Watermarks } from './history.ts'
export { HistoryError } from './history.ts'
export { formatEvent, formatHistory, parseHistory } from './json-lines.ts'
export { HistoryRecorder } from './recorder.ts'
export { type Figures, figuresOf, summarize } from './summary.ts'
export type { CheckOptions, Verdict, VerdictCase, VerdictName } from './verdict.ts'
