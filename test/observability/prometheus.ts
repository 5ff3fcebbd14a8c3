/** A Prometheus of the test's own on a free port, with a folder that is gone at the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort } from '../support/redis-server.ts'

export interface Target {
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
}

export interface PrometheusOptions {
  readonly job: string
  readonly targets: readonly Target[]
  /** A file of rules, as YAML. */
  readonly rules: string
  readonly scrapesEveryS: number
  readonly evaluatesEveryS: number
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Alert {
  readonly name: string
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const LOOKS_EVERY_MS = 200

export class Prometheus implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #url: string
  readonly #dir: string

  private constructor(child: ChildProcess, url: string, dir: string) {
    this.#child = child
    this.#url = url
    this.#dir = dir
  }

  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const { job, targets, rules, scrapesEveryS, evaluatesEveryS } = options
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-prometheus-'))
    const every = `${scrapesEveryS}s`
    writeFileSync(join(dir, 'rules.yml'), rules)
    writeFileSync(
      join(dir, 'prometheus.yml'),
      stringify({
        global: {
          ...{ scrape_interval: every, scrape_timeout: every },
          evaluation_interval: `${evaluatesEveryS}s`,
        },
        rule_files: ['rules.yml'],
        scrape_configs: [
          {
            job_name: job,
            static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
          },
        ],
      }),
    )
    const address = `127.0.0.1:${await freePort()}`
    const flags = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`]
    const child = spawn('prometheus', [...flags, `--web.listen-address=${address}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    // A test that dies must not leave a server behind.
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    const said: string[] = []
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) =>
        reject(new Error(`prometheus ended with ${code}: ${said.slice(-5).join('\n')}`)),
      )
      createInterface({ input: child.stderr }).on('line', (line) => {
        said.push(line)
        if (line.includes('ready to receive web requests')) resolve()
      })
    })
    return new Prometheus(child, `http://${address}`, dir)
  }

  /** What an expression is now; throws when it cannot be read. */
  async query(expr: string): Promise<Sample[]> {
    const data = await this.#get(`query?${new URLSearchParams({ query: expr })}`)
    const { resultType, result } = data as {
      resultType: string
      result: { metric: Record<string, string>; value: [number, string] }[]
    }
    if (resultType !== 'vector') throw new Error(`${expr} is a ${resultType}, no vector`)
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
  }

  async alerts(): Promise<Alert[]> {
    const { alerts } = (await this.#get('alerts')) as {
      alerts: (Omit<Alert, 'name'> & { labels: Record<string, string> })[]
    }
    return alerts.map((alert) => ({ ...alert, name: alert.labels.alertname ?? '' }))
  }

  /** What the rules could not be evaluated for; empty where all is well. */
  async ruleFaults(): Promise<string[]> {
    const { groups } = (await this.#get('rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    return groups
      .flatMap(({ rules }) => rules)
      .filter(({ health }) => health === 'err')
      .map(({ name, lastError }) => `${name}: ${lastError}`)
  }

  /** Those that it cannot scrape. */
  async silent(): Promise<string[]> {
    const { activeTargets } = (await this.#get('targets')) as {
      activeTargets: { scrapeUrl: string; health: string; lastError: string }[]
    }
    return activeTargets
      .filter(({ health }) => health !== 'up')
      .map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`)
  }

  /** Looks until it is so; answers how long that took, and null when it did not come true in time. */
  async until(isSo: () => Promise<boolean>, withinMs: number): Promise<number | null> {
    const begunAtMs = performance.now()
    while (performance.now() - begunAtMs < withinMs) {
      if (await isSo()) return performance.now() - begunAtMs
      await wait(LOOKS_EVERY_MS)
    }
    return null
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`, {
      signal: AbortSignal.timeout(10_000),
    })
    const answer = (await response.json()) as { status: string; error?: string; data: unknown }
    if (answer.status !== 'success') throw new Error(`prometheus says of ${path}: ${answer.error}`)
    return answer.data
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
