/**
 * One sample against the real thing: the call is made over HTTP to a running API, and what it answers,
 * what the parser tells and what then stands in the store are held against what the sample expects.
 */
import { request } from 'node:http'
import { fromElement } from '../../src/batching/element.ts'
import { idHash } from '../../src/batching/message-id.ts'
import type { Provider } from '../../src/channels/channel.ts'
import { parseBody } from '../../src/channels/own/json.ts'
import { PROVIDERS } from '../../src/channels/registry.ts'
import type { Told } from '../../src/channels/told.ts'
import { RapidFireError } from '../../src/errors.ts'
import { formOf } from '../../src/ingress/provider-routes.ts'
import type { Conversation, ConversationKey, Message } from '../../src/message.ts'
import { type RunningApi, startApi } from '../support/api.ts'
import { adjusted } from './account.ts'
import { arrivalOf, bodyOf, type Expectation, type Fixture, pathOf } from './fixture.ts'
import { JUDGED, judgeTold, keyOf, SAME_REASONS } from './judge.ts'
import { judgeSending } from './sending.ts'

export interface Verdict {
  readonly name: string
  readonly provider: string
  /** One line for each difference; none = passed. */
  readonly wrong: readonly string[]
  /** Names in the expectation that nobody judges. */
  readonly unjudged: readonly string[]
}

const ELSEWHERE = new Set([
  'action',
  'httpStatus',
  'responseBody',
  'responseContentType',
  'messages',
  'duplicateOf',
  'dedupeKey',
  'mustNotMarkSeen',
  'sendAs',
  'retryable',
  'signatureValid',
])

export async function checkFixture(fixture: Fixture): Promise<Verdict> {
  const { name, provider, expect } = fixture
  const unjudged = Object.keys(expect).filter((one) => !JUDGED.has(one) && !ELSEWHERE.has(one))
  const verdict = (wrong: readonly string[]): Verdict => ({ name, provider, wrong, unjudged })
  const known = PROVIDERS.find(({ id }) => id === provider)
  if (!known) return verdict([`there is no provider ${provider}`])
  try {
    await using api = await startApi({
      clock: () => arrivalOf(fixture),
      adjust: (settings) => adjusted(settings, fixture),
    })
    return verdict(await differences(fixture, known, api))
  } catch (error) {
    return verdict([`broke: ${error instanceof Error ? (error.stack ?? error.message) : error}`])
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

async function differences(
  fixture: Fixture,
  provider: Provider,
  api: RunningApi,
): Promise<string[]> {
  const { expect } = fixture
  const before = JSON.stringify(await api.trace())
  const answer = await call(fixture, api)
  const wrong = [...judgeAnswer(answer, expect)]
  const isUnchanged = JSON.stringify(await api.trace()) === before
  if (expect.action === 'reject') {
    return isUnchanged ? wrong : [...wrong, 'it left a trace']
  }
  if (expect.type === 'challenge') return wrong
  // Answered as if it had been taken, since its provider would repeat it.
  if (expect.type === 'malformed' || expect.reason === 'malformed') {
    return isUnchanged ? wrong : [...wrong, 'it left a trace']
  }
  const told = toldBy(fixture, provider)
  if (!Array.isArray(told)) return [...wrong, `the parser refused it: ${told}`]
  wrong.push(...judgeAll(told, fixture))
  wrong.push(...(await judgeSending(fixture, provider)))
  if (expect.action === 'accept') {
    wrong.push(...(await judgeKept(fixture, told, api)))
    return [...wrong, ...(await judgeRepeat(fixture, told, api))]
  }
  const isKeptQuietly = expect.type === 'unsupported' || expect.reason === 'unsupported'
  if (!isUnchanged && !isKeptQuietly) wrong.push('something was put into a batch')
  if (isKeptQuietly) wrong.push(...(await judgeQuiet(api)))
  if (expect.mustNotMarkSeen === true) wrong.push(...(await judgeUnseen(fixture, told, api)))
  return wrong
}

/** By hand, since `fetch` decides about some headers itself. */
function call(fixture: Fixture, api: RunningApi): Promise<Answer> {
  const body = bodyOf(fixture)
  const method = fixture.method ?? 'POST'
  const url = new URL(api.url)
  const headers = {
    ...fixture.headers,
    ...(method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: url.hostname, port: url.port, path: pathOf(fixture), method, headers },
      async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text,
        })
      },
    )
    asked.on('error', reject)
    asked.end(method === 'POST' ? body : undefined)
  })
}

function judgeAnswer({ status, type, text }: Answer, expect: Expectation): string[] {
  const wrong: string[] = []
  const wanted = expect.httpStatus ?? (expect.action === 'reject' ? null : 200)
  const isRight = wanted === null ? status >= 400 && status < 500 : status === wanted
  if (!isRight) wrong.push(`HTTP ${status} instead of ${wanted ?? '4xx'}: ${text.slice(0, 200)}`)
  if (expect.responseBody !== undefined && text !== expect.responseBody) {
    wrong.push(`answered ${JSON.stringify(text)} instead of ${JSON.stringify(expect.responseBody)}`)
  }
  const wantedType = expect.responseContentType
  if (typeof wantedType === 'string' && !type.startsWith(wantedType)) {
    wrong.push(`answered as ${type} instead of ${wantedType}`)
  }
  return wrong
}

function toldBy(fixture: Fixture, provider: Provider): readonly Told[] | string {
  const raw = Buffer.from(bodyOf(fixture))
  const type = fixture.headers?.['content-type'] ?? ''
  try {
    const body = type.startsWith('application/x-www-form-urlencoded') ? formOf(raw) : parseBody(raw)
    return provider.parse(body, { headers: fixture.headers ?? {}, keepOriginal: false })
  } catch (error) {
    if (error instanceof RapidFireError) return error.message
    throw error
  }
}

/** What stands in a batch afterwards, in a group only where groups are answered. */
const isSaid = ({ kind }: Told): boolean => kind === 'message' || kind === 'edit'
const isInGroup = (one: Told): boolean => 'author' in one && one.author !== undefined
const isReadable = (one: Told): boolean => !('type' in one) || one.type !== 'unsupported'

/** Those of a call that a sample lists: samples leave out what is ignored, and what came twice. */
function listed(told: readonly Told[], count: number): readonly Told[] {
  const said = told.filter(isSaid)
  const heard = said.filter((one) => !isInGroup(one))
  const read = heard.filter(isReadable)
  const ids = read.map((one) => 'id' in one && `${one.kind} ${one.id}`)
  const once = read.filter((_, i) => ids.indexOf(ids[i] ?? false) === i)
  return [said, heard, read, once].find(({ length }) => length === count) ?? said
}

/** One that the sample describes as a whole, or several as they stand in `messages`. */
function judgeAll(told: readonly Told[], fixture: Fixture): string[] {
  const { expect } = fixture
  const now = arrivalOf(fixture)
  const { messages, ...whole } = expect
  if (Array.isArray(messages)) {
    const said = listed(told, messages.length)
    if (said.length !== messages.length)
      return [`${said.length} messages instead of ${messages.length}`]
    return messages.flatMap((one, i) => judgeTold(said[i] as Told, one as Expectation, now))
  }
  const said = expect.action === 'accept' ? listed(told, 1) : []
  if (said.length > 1) return [`${said.length} things were told instead of one`]
  const described = said.length === 1 ? said : told
  if (described.length === 0) return isAboutNobody(expect) ? [] : ['nothing was told']
  // Of several that make no message the sample describes one.
  const verdicts = described.map((one) => judgeWhole(one, whole, now))
  return verdicts.find((wrong) => wrong.length === 0) ?? verdicts[0] ?? []
}

const isAboutNobody = ({ action, conversation, messageId, text }: Expectation): boolean =>
  action === 'ignore' && [conversation, messageId, text].every((one) => one === undefined)

function judgeWhole(told: Told, whole: Expectation, now: number): string[] {
  const { reason, ...rest } = whole
  const isStatus = SAME_REASONS.has(String(reason)) && told.kind === 'status'
  return judgeTold(told, isStatus ? rest : whole, now)
}

async function openIn(conversation: ConversationKey, api: RunningApi): Promise<readonly Message[]> {
  const { payloads } = await api.store.conversation(conversation)
  const who: Conversation = { tenant: 'default', channel: 'x', peer: 'x' }
  return payloads.flatMap((payload) => fromElement(payload, who) ?? [])
}

const listOf = ({ expect }: Fixture): readonly Expectation[] =>
  Array.isArray(expect.messages) ? (expect.messages as Expectation[]) : [expect]

/** Every message stands in the open batch of its conversation, with its words and its id. */
async function judgeKept(
  fixture: Fixture,
  told: readonly Told[],
  api: RunningApi,
): Promise<string[]> {
  const wrong: string[] = []
  const list = listOf(fixture)
  const said = listed(told, list.length)
  for (const [i, expect] of list.entries()) {
    const one = said[i]
    const key = one && keyOf(one, fixture.provider)
    if (!one || !key) {
      wrong.push('no conversation')
      continue
    }
    const kept = await openIn(key as ConversationKey, api)
    const wantedId = expect.type === 'edit' ? expect.editOf : expect.messageId
    // The same call may have changed it already.
    const change = list.findLast(({ editOf }) => editOf !== undefined && editOf === wantedId)
    const wanted = (change ?? expect).text
    const found = kept.find(({ id, text }) =>
      wantedId === null || wantedId === undefined
        ? wanted === undefined || text === wanted
        : id.endsWith(String(wantedId)),
    )
    if (!found) wrong.push(`not in the open batch of ${key}: ${JSON.stringify(kept).slice(0, 300)}`)
    else if (wanted !== undefined && found.text !== wanted)
      wrong.push(`kept as ${JSON.stringify(found.text)}`)
  }
  return wrong
}

/** The same call once more adds nothing. */
async function judgeRepeat(
  fixture: Fixture,
  told: readonly Told[],
  api: RunningApi,
): Promise<string[]> {
  const open = async (): Promise<number> => (await api.store.counts()).accepted
  const before = await open()
  const answer = await call(fixture, api)
  if (told.every((one) => !('id' in one) || one.id === null)) return []
  if (answer.status !== 200) return [`a repeat is answered ${answer.status}`]
  return (await open()) === before ? [] : ['a repeat of the call added messages']
}

/** What nobody can read is kept, and alone asks for no answer. */
async function judgeQuiet(api: RunningApi): Promise<string[]> {
  const { batches } = await api.store.pending({ offset: 0, limit: 10 })
  const [batch] = batches
  if (batches.length !== 1 || !batch) return ['it was not kept']
  const waits = (batch.dueAt ?? 0) - batch.firstAt
  return waits >= 60_000 ? [] : [`it is answered after ${waits} ms`]
}

async function judgeUnseen(
  fixture: Fixture,
  told: readonly Told[],
  api: RunningApi,
): Promise<string[]> {
  const id = String(fixture.expect.messageId)
  for (const one of told) {
    const key = keyOf(one, fixture.provider)
    if (key === null) continue
    const [known] = await api.store.known(key as ConversationKey, [idHash(id)], 86_400_000)
    if (known) return ['its id is remembered, so the real message would be dropped']
  }
  return []
}
