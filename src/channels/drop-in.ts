/**
 * What the bot behind a drop-in is told: the calls of its provider, as if the person had written their
 * burst at once. Shape and proof are the provider's own, so nothing changes for the bot but its address.
 *
 *   texts and captions → one message with all of it
 *   each further file, each order → its own call, as it came
 *
 * The ids of the parts go along in a field of the body and in `x-rapid-fire-message-ids`.
 */
import type { KeptFiles } from '../media/kept-files.ts'
import type { Conversation, Message } from '../message.ts'
import type { Channel, Provider, Rebuilt } from './channel.ts'
import { channelOf } from './hear.ts'
import { objectAt, textAt } from './read.ts'

export interface BurstToTell {
  readonly conversation: Conversation
  readonly text: string
  readonly messages: readonly Message[]
}

const CAPTIONED: ReadonlySet<string> = new Set(['image', 'video', 'document'])
const TEXTS: ReadonlySet<string> = new Set(['chat', 'edit', 'button', 'list'])

export class DropIn {
  readonly #providers: readonly Provider[]
  readonly #channels: readonly Channel[]
  readonly #files: Pick<KeptFiles, 'read'>

  constructor(
    providers: readonly Provider[],
    channels: readonly Channel[],
    files: Pick<KeptFiles, 'read'>,
  ) {
    this.#providers = providers
    this.#channels = channels
    this.#files = files
  }

  /** Null for a burst that came in our own format. Rejects with `media_failed` when a kept call is gone. */
  async callsOf(burst: BurstToTell, target: URL): Promise<readonly Rebuilt[] | null> {
    const { conversation, messages, text } = burst
    const provider = this.#providers.find(({ id }) => channelOf(id) === conversation.channel)
    const channel = this.#channels.find(
      ({ id, tenant }) => id === provider?.id && tenant === conversation.tenant,
    )
    const told = messages.filter(({ original }) => original !== undefined)
    if (!provider || !channel || told.length === 0) return null
    const main = mainOf(told)
    // A press without words says what its payload says.
    const others = told.filter(
      (message) => message !== main && !(TEXTS.has(message.type) && message.text !== ''),
    )
    const calls: Rebuilt[] = []
    for (const message of others) {
      const merged = { text: message.text, messageIds: [message.id] }
      calls.push(made(provider, channel, await this.#originalOf(message), merged, target))
    }
    if (main) {
      const left = messages.filter((message) => !others.includes(message))
      const merged = { text, messageIds: left.map(({ id }) => id) }
      calls.push(made(provider, channel, await this.#originalOf(main), merged, target))
    }
    return calls
  }

  /** A call that bore a file lies in the folder of files. */
  async #originalOf({ original }: Message): Promise<unknown> {
    const file = objectAt(original) && textAt(original, 'file')
    if (file === undefined || Object.keys(original as object).length !== 1) return original
    return JSON.parse(Buffer.from(await this.#files.read(file)).toString('utf8'))
  }
}

/** Who says it all: the last file that can bear a caption, else the last text. */
function mainOf(told: readonly Message[]): Message | undefined {
  const shown = told.findLast(({ type }) => CAPTIONED.has(type))
  if (shown) return shown
  return told.findLast((message) => TEXTS.has(message.type) && message.text !== '')
}

function made(
  provider: Provider,
  channel: Channel,
  original: unknown,
  merged: { readonly text: string; readonly messageIds: readonly string[] },
  target: URL,
): Rebuilt {
  const rawBody = bytesOf(provider, provider.rebuild(original, merged))
  const url = `${target.pathname}${target.search}`
  return {
    rawBody,
    headers: {
      ...channel.sign({ method: 'POST', url, target, rawBody }),
      'x-rapid-fire-message-ids': headerOf(merged.messageIds),
    },
  }
}

/** Servers refuse longer headers; the field of the body has all of them. */
const MAX_HEADER = 4096

function headerOf(ids: readonly string[]): string {
  const whole = ids.map(encodeURIComponent).join(',')
  if (whole.length <= MAX_HEADER) return whole
  // Half an id would be another one.
  return whole.slice(0, whole.lastIndexOf(',', MAX_HEADER))
}

/** A call as its provider would write it. */
export function bytesOf({ facts }: Provider, body: unknown): Buffer {
  if (facts.body === 'form') return formBody(body)
  const json = JSON.stringify(body)
  return Buffer.from(facts.escapesJson ? json.replace(/[\u0080-\uffff]/g, escaped) : json)
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

function formBody(body: unknown): Buffer {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(objectAt(body) ?? {})) {
    for (const one of [value].flat()) params.append(name, String(one))
  }
  return Buffer.from(params.toString())
}
