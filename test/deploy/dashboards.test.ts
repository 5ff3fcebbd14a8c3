/** The dashboard and the alerts, as they are delivered; and that what is wrong in one is seen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { checkAll } from '../../deploy/check.ts'
import { metricsIn } from '../../deploy/expressions.ts'
import { dashboard } from '../../deploy/grafana/dashboard.ts'
import { schemaFaults } from '../../deploy/grafana/schema.ts'
import { structureFaults } from '../../deploy/grafana/structure.ts'
import { ALERTS, RUNBOOK } from '../../deploy/prometheus/alerts.ts'
import { documentText, section } from '../support/documents.ts'

describe('the dashboard', () => {
  for (const { what, faults } of checkAll()) {
    it(`is checked: ${what}`, () => assert.deepEqual(faults, []))
  }

  /** One of its panels, changed. */
  const withPanel = (change: (panel: Panel) => void): Dashboard => {
    const changed = dashboard()
    const panel = changed.panels?.find(({ type }) => type === 'timeseries') as Panel
    change(panel)
    return changed
  }

  it('is refused by the schema with a word, a name or a kind that Grafana does not know', () => {
    const wrong: [RegExp, Dashboard][] = [
      [/'7' is not assignable/, { ...dashboard(), graphTooltip: 7 } as unknown as Dashboard],
      [/"colour"/, withPanel((panel) => Object.assign(panel, { colour: 'red' }))],
      [
        /"purple"/,
        withPanel(({ options }) => Object.assign(options.legend, { placement: 'purple' })),
      ],
      [
        /"lineWidht"/,
        withPanel(({ fieldConfig }) =>
          Object.assign(fieldConfig?.defaults.custom, { lineWidht: 1 }),
        ),
      ],
      [
        /"expression"/,
        withPanel(({ targets = [] }) => Object.assign(targets[0] ?? {}, { expression: 'up' })),
      ],
      [/not judged/, withPanel((panel) => Object.assign(panel, { type: 'graph' }))],
    ]
    for (const [told, changed] of wrong) assert.match(schemaFaults(changed).join('\n'), told)
  })

  it('is refused for what the schema leaves open', () => {
    const wrong: [RegExp, (panel: Panel) => void][] = [
      [/overlap/, (panel) => Object.assign(panel.gridPos ?? {}, { y: 1, x: 0 })],
      [/beside the grid/, (panel) => Object.assign(panel.gridPos ?? {}, { w: 25 })],
      [/no unit/, (panel) => delete panel.fieldConfig?.defaults.unit],
      [/no datasource/, (panel) => delete panel.datasource],
      [/does not say/, (panel) => delete panel.description],
      [/asks for nothing/, (panel) => Object.assign(panel, { targets: [] })],
      [
        /\$company is no variable/,
        ({ targets = [] }) => Object.assign(targets[0] ?? {}, { expr: 'x{a="$company"}' }),
      ],
      [/the id 1$/m, (panel) => Object.assign(panel, { id: 1 })],
    ]
    for (const [told, change] of wrong) {
      assert.match(structureFaults(withPanel(change)).join('\n'), told)
    }
  })

  it('knows the metrics of an expression', () => {
    assert.deepEqual(
      metricsIn(
        'histogram_quantile(0.9, sum by (le) (rate(rapid_fire_reply_seconds_bucket{tenant=~"up"}[5m]))) and up',
      ),
      ['rapid_fire_reply_seconds', 'up'],
    )
  })
})

describe(RUNBOOK, () => {
  const text = documentText(RUNBOOK)

  for (const { name } of ALERTS) {
    it(`says of ${name} what it means, where to look and what to do`, () => {
      const said = section(text, `## ${name}`)
      for (const part of ['**What it means.**', '**Look at**', '**Do.**']) {
        assert.ok(said.includes(part), part)
      }
    })
  }

  it('has no section on an alert that is none, in the order of the rules', () => {
    assert.deepEqual(
      [...text.matchAll(/^## (\w+)$/gm)].map(([, name]) => name),
      ALERTS.map(({ name }) => name),
    )
  })
})
