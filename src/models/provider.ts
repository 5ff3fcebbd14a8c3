/**
 * Finds a provider's package of the AI SDK and makes its models; the package is imported only then.
 *
 * `openai-compatible` is any server with OpenAI's wire format (Ollama, vLLM, OpenRouter…), of which
 * the address must be known and a key may be. Any other name is `@ai-sdk/<name>`, a name with `/` is
 * the package itself; key and address are given to it where they are set. What cannot be used is
 * `responder_unusable`, said at start and not at the first person's message.
 */
import type { LanguageModel, TranscriptionModel } from 'ai'
import { messageOf, RapidFireError } from '../errors.ts'
import type { TraceHeaders } from '../trace-headers.ts'
import { cappedFetch, tracedFetch } from './provider-fetch.ts'

export interface ProviderOptions {
  /** `openai-compatible`, a name such as `anthropic`, or a package. */
  readonly provider: string
  readonly apiKey: string | null
  readonly baseUrl: string | null
  readonly traceHeaders?: TraceHeaders
}

const COMPATIBLE = 'openai-compatible'

/** The object forms only: a bare name would be asked of a gateway that nobody has configured. */
type Model = Exclude<LanguageModel, string>
type TranscribingModel = Exclude<TranscriptionModel, string>

interface Provider {
  readonly languageModel?: (id: string) => Model
  readonly transcription?: (id: string) => TranscribingModel
  readonly transcriptionModel?: (id: string) => TranscribingModel
}

export async function loadLanguageModel(
  options: ProviderOptions,
  id: string | null,
): Promise<Model> {
  if (!id) throw unusable('ai needs a model: set AI_MODEL, for example gpt-5-mini')
  if (options.provider === COMPATIBLE && !options.baseUrl) {
    throw unusable(
      'openai-compatible needs the address of a server: set AI_BASE_URL, for example http://127.0.0.1:11434/v1',
    )
  }
  const provider = await load(options.provider, {
    ...settingsOf(options),
    ...(options.provider === COMPATIBLE && { name: COMPATIBLE }),
  })
  if (typeof provider.languageModel !== 'function') {
    throw unusable(`${packageOf(options.provider)} has no language models: set another AI_PROVIDER`)
  }
  return provider.languageModel(id)
}

/** OpenAI's own package speaks to any server of that format here, as the other has no transcription. */
export async function loadTranscriptionModel(
  options: ProviderOptions,
  id: string,
): Promise<TranscribingModel> {
  const compatible = options.provider === COMPATIBLE
  if (compatible && !options.baseUrl) {
    throw unusable(
      'transcription needs the address of a server: set TRANSCRIBE_BASE_URL or AI_BASE_URL',
    )
  }
  const name = compatible ? 'openai' : options.provider
  const provider = await load(name, {
    ...settingsOf(options),
    // It insists on a key, and would take one from the environment that is meant for another server.
    ...(compatible && options.apiKey === null && { apiKey: 'none' }),
  })
  const make = provider.transcription ?? provider.transcriptionModel
  if (typeof make !== 'function') {
    throw unusable(`${packageOf(name)} turns no voice into text: set another TRANSCRIBE_PROVIDER`)
  }
  return make(id)
}

function settingsOf({ apiKey, baseUrl, traceHeaders }: ProviderOptions): Record<string, unknown> {
  const { username = '', password = '' } = URL.parse(baseUrl ?? '') ?? {}
  if (username !== '' || password !== '') {
    throw unusable(
      'the address of a model bears a password, which is not sent: use the key instead',
    )
  }
  return {
    fetch: traceHeaders
      ? tracedFetch(cappedFetch(globalThis.fetch), traceHeaders)
      : cappedFetch(globalThis.fetch),
    ...(apiKey !== null && { apiKey }),
    ...(baseUrl !== null && { baseURL: baseUrl }),
  }
}

const packageOf = (name: string): string => (name.includes('/') ? name : `@ai-sdk/${name}`)

async function load(name: string, settings: Record<string, unknown>): Promise<Provider> {
  const specifier = packageOf(name)
  const exported = await importPackage(specifier)
  const create = createFunctionOf(exported, specifier)
  if (!create) throw unusable(`${specifier} is no provider of the AI SDK: set another AI_PROVIDER`)
  try {
    return create(settings) as Provider
  } catch (error) {
    throw unusable(`${specifier} does not take these settings: ${messageOf(error).slice(0, 300)}`)
  }
}

async function importPackage(specifier: string): Promise<Record<string, unknown>> {
  try {
    return await import(specifier)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === NOT_FOUND
    throw missing && messageOf(error).includes(`'${specifier}'`)
      ? unusable(`the package ${specifier} is not installed: npm install ${specifier}`)
      : unusable(`the package ${specifier} cannot be loaded: ${messageOf(error).slice(0, 300)}`)
  }
}

const NOT_FOUND = 'ERR_MODULE_NOT_FOUND'

type Create = (settings: Record<string, unknown>) => unknown

/** `createAnthropic` of `@ai-sdk/anthropic`; spelling differs (`createXai`, `createDeepSeek`). */
function createFunctionOf(exported: Record<string, unknown>, specifier: string): Create | null {
  const wanted = `create${specifier.split('/').at(-1)?.replaceAll('-', '')}`.toLowerCase()
  const makers = Object.entries(exported).filter(
    (entry): entry is [string, Create] =>
      entry[0].startsWith('create') && typeof entry[1] === 'function',
  )
  const named = makers.find(([name]) => name.toLowerCase() === wanted)
  const longer = makers.find(([name]) => name.toLowerCase().startsWith(wanted))
  const only = makers.length === 1 ? makers[0] : undefined
  return (named ?? longer ?? only)?.[1] ?? null
}

const unusable = (sentence: string): RapidFireError =>
  new RapidFireError('responder_unusable', sentence)
