/**
 * Makes Grafana's dashboard of our table of panels, with Grafana's SDK: rows from top to bottom,
 * panels from left to right, each with its unit, its meaning, and a colour where it has a limit.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { BoardSpec, Limits, PanelSpec, RowSpec, VariableSpec } from './panels.ts'

const COLUMNS = 24
const ROW_HEIGHT = 1
const SIZES = { stat: { w: 4, h: 4 }, graph: { w: 8, h: 8 } } as const
const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const

export function buildDashboard(spec: BoardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(['rapid-fire'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
  for (const variable of spec.variables) builder.withVariable(variableOf(variable))
  const place = new Places()
  for (const row of spec.rows) addRow(builder, row, place)
  return JSON.parse(JSON.stringify(builder.build())) as Dashboard
}

function variableOf({ name, label, query }: VariableSpec): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query(query)
    .datasource(DATASOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all' })
    .allValue('.*')
}

function addRow(builder: DashboardBuilder, row: RowSpec, places: Places): void {
  builder.withRow(new RowBuilder(row.title).id(places.nextId()).gridPos(places.line()))
  for (const panel of row.panels) {
    builder.withPanel(panelOf(panel, places.nextId(), places.next(SIZES[panel.kind])))
  }
}

/** Where the next panel goes. */
class Places {
  #x = 0
  #y = 0
  #bottom = 0
  #id = 0

  nextId(): number {
    this.#id += 1
    return this.#id
  }

  line(): { x: number; y: number; w: number; h: number } {
    const y = this.#bottom
    this.#x = 0
    this.#y = y + ROW_HEIGHT
    this.#bottom = this.#y
    return { x: 0, y, w: COLUMNS, h: ROW_HEIGHT }
  }

  next({ w, h }: { readonly w: number; readonly h: number }) {
    if (this.#x + w > COLUMNS) {
      this.#x = 0
      this.#y = this.#bottom
    }
    const at = { x: this.#x, y: this.#y, w, h }
    this.#x += w
    this.#bottom = Math.max(this.#bottom, this.#y + h)
    return at
  }
}

function panelOf(spec: PanelSpec, id: number, at: ReturnType<Places['next']>): Builder<Panel> {
  const builder = spec.kind === 'stat' ? statOf(spec) : graphOf(spec)
  builder
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .gridPos(at)
  if (spec.min !== undefined) builder.min(spec.min)
  if (spec.limits) builder.thresholds(thresholdsOf(spec.limits))
  for (const [n, { expr, legend }] of spec.queries.entries()) {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + n))
      .expr(expr)
      .legendFormat(legend)
      .datasource(DATASOURCE)
    builder.withTarget(spec.kind === 'stat' ? query.instant() : query.range())
  }
  return builder
}

function statOf({ none }: PanelSpec): StatBuilder {
  const builder = new StatBuilder().reduceOptions(
    new ReduceDataOptionsBuilder().calcs(['lastNotNull']),
  )
  return none === undefined ? builder : builder.noValue(none)
}

function graphOf({ isStacked = false, none }: PanelSpec): GraphBuilder {
  const builder = new GraphBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(isStacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
  if (isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  return none === undefined ? builder : builder.noValue(none)
}

function thresholdsOf({ warn, bad }: Limits): ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(warn === undefined ? [] : [{ value: warn, color: 'orange' }]),
    { value: bad, color: 'red' },
  ]
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.toSorted((a, b) => (a.value ?? -Infinity) - (b.value ?? -Infinity)))
}
