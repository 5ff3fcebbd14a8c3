/** The run as a picture: pending batches, lateness and memory over time, faults as bands. Pure; SVG. */
import type { Row } from './series.ts'

const WIDTH = 960
const PANEL = 150
const GAP = 34
const LEFT = 64
const COLOURS = ['#2b6cb0', '#c05621', '#2f855a', '#6b46c1', '#b83280']

interface Line {
  readonly name: string
  /** Null: not known at that time. */
  readonly values: readonly (number | null)[]
}
interface Panel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly Line[]
}

export function picture(rows: readonly Row[], title: string): string {
  const panels = panelsOf(rows)
  const height = 40 + panels.length * (PANEL + GAP)
  const toX = (n: number): number => LEFT + (n / Math.max(1, rows.length - 1)) * (WIDTH - LEFT - 16)
  const bands = bandsOf(rows).map(
    ({ from, to, fault }) =>
      `<rect x="${toX(from).toFixed(1)}" y="30" width="${Math.max(1.5, toX(to) - toX(from)).toFixed(1)}" height="${height - 46}" fill="#e53e3e" opacity="0.14"><title>${escaped(fault)}</title></rect>`,
  )
  const drawn = panels.map((panel, n) => draw(panel, 40 + n * (PANEL + GAP), toX))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">${escaped(title)}</text>`,
    ...bands,
    ...drawn,
    `</svg>`,
  ].join('\n')
}

function panelsOf(rows: readonly Row[]): Panel[] {
  const names = [...new Set(rows.flatMap(({ rssMb }) => [...rssMb.keys()]))].sort()
  return [
    {
      title: 'open batches',
      unit: '',
      lines: [{ name: 'pending', values: rows.map(({ pending }) => pending) }],
    },
    {
      title: 'lateness of seals, ms (the worst of each second)',
      unit: ' ms',
      lines: [
        {
          name: 'lateness',
          values: rows.map(({ latenessMs }) =>
            latenessMs.length > 0 ? Math.max(...latenessMs) : null,
          ),
        },
      ],
    },
    {
      title: 'memory, MB',
      unit: ' MB',
      lines: [
        ...names.map((name) => ({
          name,
          values: rows.map(({ rssMb }) => rssMb.get(name) ?? null),
        })),
        { name: 'redis', values: rows.map(({ redisMb }) => redisMb) },
      ],
    },
    {
      title: 'messages taken and parts delivered, each second',
      unit: '',
      lines: [
        { name: 'taken', values: perSecond(rows.map(({ accepted }) => accepted)) },
        { name: 'delivered', values: perSecond(rows.map(({ delivered }) => delivered)) },
      ],
    },
  ]
}

const perSecond = (totals: readonly number[]): number[] =>
  totals.map((total, n) => total - (totals[n - 1] ?? 0))

function bandsOf(rows: readonly Row[]): { from: number; to: number; fault: string }[] {
  const bands: { from: number; to: number; fault: string }[] = []
  for (const [n, { fault }] of rows.entries()) {
    if (fault === null) continue
    const last = bands.at(-1)
    if (last?.fault === fault && last.to === n - 1) last.to = n
    else bands.push({ from: n, to: n, fault })
  }
  return bands
}

function draw({ title, unit, lines }: Panel, top: number, toX: (n: number) => number): string {
  const most = Math.max(1, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const toY = (value: number): number => top + PANEL - (value / most) * (PANEL - 18)
  const axis = [
    `<line x1="${LEFT}" x2="${WIDTH - 16}" y1="${top + PANEL}" y2="${top + PANEL}" stroke="#a0aec0"/>`,
    `<text x="${LEFT - 6}" y="${top + 22}" text-anchor="end">${Math.round(most)}${unit}</text>`,
    `<text x="${LEFT - 6}" y="${top + PANEL}" text-anchor="end">0</text>`,
    `<text x="${LEFT}" y="${top + 10}" fill="#4a5568">${escaped(title)}</text>`,
  ]
  const paths = lines.map(({ name, values }, n) => {
    const colour = COLOURS[n % COLOURS.length]
    const legend = `<text x="${WIDTH - 16 - n * 90}" y="${top + 10}" text-anchor="end" fill="${colour}">${escaped(name)}</text>`
    return `<path d="${pathOf(values, toX, toY)}" fill="none" stroke="${colour}" stroke-width="1.2"/>${legend}`
  })
  return [...axis, ...paths].join('\n')
}

/** Broken where nothing is known. */
function pathOf(
  values: readonly (number | null)[],
  toX: (n: number) => number,
  toY: (value: number) => number,
): string {
  let path = ''
  let isDrawing = false
  for (const [n, value] of values.entries()) {
    if (value === null) isDrawing = false
    else {
      path += `${isDrawing ? 'L' : 'M'}${toX(n).toFixed(1)} ${toY(value).toFixed(1)}`
      isDrawing = true
    }
  }
  return path
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => `&#${one.codePointAt(0)};`)
