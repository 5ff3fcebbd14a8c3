/** What goes along with a call to somebody else, so that the trace goes on there. */
export type TraceHeaders = () => Readonly<Record<string, string>>

const NONE = Object.freeze({})
/** Traces are off. */
export const NO_TRACE_HEADERS: TraceHeaders = () => NONE
