/**
 * The calls of the API before the Cloud API, which 360dialog may still send: `{contacts, messages}` or
 * `{statuses}` without the envelope. They are read as if they had one. Pure.
 */
import { at, objectAt } from '../read.ts'

/** With the envelope of the Cloud API around it; as it is where it has one, or is something else. */
export function enveloped(body: unknown): unknown {
  return isFlat(body) ? { entry: [{ changes: [{ field: 'messages', value: body }] }] } : body
}

/** `made` of what `enveloped` made of `body`, in the shape in which `body` came. */
export function asItCame(body: unknown, made: unknown): unknown {
  return isFlat(body) && made !== null ? at(made, 'entry', 0, 'changes', 0, 'value') : made
}

function isFlat(body: unknown): boolean {
  const own = objectAt(body)
  if (own === undefined || 'entry' in own) return false
  return ['messages', 'statuses', 'errors'].some((name) => Array.isArray(own[name]))
}
