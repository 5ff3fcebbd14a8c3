import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EVERY_EVENT } from '../../../test/support/every-event.ts'
import { root } from '../../../test/support/source-tree.ts'
import type { EventSpec } from './event-spec.ts'
import { EVENTS } from './events.ts'
import { eventsPage } from './events-page.ts'

describe('the table of events', () => {
  it('is what docs/events.md says', () => {
    const page = readFileSync(join(root, 'docs/events.md'), 'utf8')
    assert.equal(
      page,
      eventsPage(),
      'run: node src/observability/events/events-page.ts > docs/events.md',
    )
  })

  it('has units for numbers alone, and a word for every other field', () => {
    for (const [name, event] of Object.entries(EVERY_EVENT)) {
      const { measures = {}, facts = {} }: EventSpec = EVENTS[name as keyof typeof EVENTS]
      const given = Object.entries(event as Record<string, unknown>)
      const fields = given.map(([field]) => field)
      const wanted = Object.keys(facts).filter((name) => !facts[name]?.isOptional)
      assert.deepEqual(
        [...Object.keys(measures), ...wanted].filter((field) => !fields.includes(field)),
        [],
        name,
      )
      for (const [field, value] of given) {
        if (field in facts) continue
        assert.ok(field in measures, `${name}: ${field}`)
        assert.ok(value === null || typeof value === 'number', `${name}: ${field}`)
      }
    }
  })
})
