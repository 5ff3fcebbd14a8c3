/**
 * What a command needs of the process it runs in. Commands get it as an argument, so that a test
 * runs the same code with its own streams, time and signals.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { printable, printableJson } from '../observability/printable.ts'

export interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean
  once?(event: 'drain', listener: () => void): unknown
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export interface Shell {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Sink
  readonly stderr: Sink
  /** Ms since 1970. */
  readonly now: () => number
  readonly wait: (ms: number) => Promise<unknown>
  /** Calls back at each signal that asks to stop; the answer ends that. */
  readonly onStop: (listener: (signal: StopSignal) => void) => () => void
  /** Calls back at each SIGUSR2, where the system has it; the answer ends that. */
  readonly onToggle: (listener: () => void) => () => void
  /** Tells who started this process that it is at work, where somebody waits for that, as PM2 does. */
  readonly tellReady: () => void
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

export const processShell = (): Shell => ({
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  wait: (ms) => wait(ms),
  onStop: (listener) => {
    for (const signal of STOP_SIGNALS) process.on(signal, listener)
    return () => {
      for (const signal of STOP_SIGNALS) process.off(signal, listener)
    }
  },
  onToggle: (listener) => {
    process.on('SIGUSR2', listener)
    return () => process.off('SIGUSR2', listener)
  },
  tellReady: () => {
    if (process.connected) process.send?.('ready')
  },
  exit: (code) => process.exit(code),
})

/** One line of a person's words or about them: no control codes get through. */
export function say(shell: Shell, line: string): void {
  shell.stdout.write(`${printable(line)}\n`)
}

export function sayJson(shell: Shell, value: unknown): void {
  shell.stdout.write(`${printableJson(value)}\n`)
}

export function sayFault(shell: Shell, fact: string): void {
  shell.stderr.write(`✗ ${printable(fact)}\n`)
}
