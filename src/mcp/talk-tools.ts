/** The tools with which a client plays a person: it writes, waits, and reads what the bot said. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { duration, plural } from '../observability/words.ts'
import { type Answered, NotYet, stateOf } from '../operations/follow.ts'
import { type Finding, findPerson, type Person, refuseRealPeople } from './person.ts'
import type { McpPorts } from './ports.ts'
import { type Reply, replyTo, shownLines } from './reply.ts'
import type { Sessions, Simulated } from './sessions.ts'
import { company, defineTool, number, PHONE, type Told, type Tool, words } from './tool.ts'

export interface TalkDeps {
  readonly ports: McpPorts
  readonly sessions: Sessions
}

const MAX_WAIT_S = 600
/** Batches of one question; who asks for no answer gets the last ones. */
const MAX_ASKED = 100
const COMPANY_SAYS = 'the tenant that the person writes to; left out: the default one'
const NO_SESSION = (phone: string): string =>
  `No test session found for ${phone}: nothing was said there. Write with send_message first`

export function talkTools(deps: TalkDeps): Tool[] {
  const { ports, sessions } = deps
  const find = (finding: Finding): Promise<Person> => findPerson(finding, ports, sessions)

  const send = defineTool({
    name: 'send_message',
    description:
      'Write to the bot as a person does, by the signed webhook. Messages that follow each other within ' +
      'the window become one batch and get one answer: send all parts, then wait_for_reply.',
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    acts: true,
    schema: z.strictObject({
      phone: PHONE,
      message: words('what the person writes', 'a text that is not empty'),
      company_id: company(COMPANY_SAYS, ports.defaultCompany),
    }),
    run: async ({ phone, message, company_id: companyId }) => {
      const person = await find({ phone, companyId, lastCompany: false })
      const { jobId, messageId } = await say(person, message, deps)
      const sessionId = person.session.id
      return {
        text: `✅ Message sent to ${phone}: "${message}"\n📋 Job ID: ${jobId}\n🔖 Session ID: ${sessionId}`,
        data: {
          phone: person.now.phone,
          companyId: person.now.companyId,
          jobId,
          sessionId,
          messageId,
        },
      }
    },
  })

  const lastResponse = defineTool({
    name: 'get_last_response',
    description:
      'What the bot answered to the last message of a person. While that is not answered yet it waits for ' +
      'some seconds; a window is usually longer, so use wait_for_reply after send_message.',
    hints: { readOnlyHint: true },
    schema: z.strictObject({
      phone: PHONE,
      timeout: number({
        ...{ min: 0, max: MAX_WAIT_S, default: 5, step: 'any' },
        says: 'how long to wait, in seconds',
      }),
    }),
    run: async ({ phone, timeout }, call) => {
      const person = await find({ phone, lastCompany: true })
      const simulated = person.session.pretended
      try {
        const reply = await replyTo(person, simulated ? 0 : timeout * 1000, call, ports)
        return lastOf(reply, person, simulated)
      } catch (error) {
        if (!(error instanceof NotYet)) throw error
        if (simulated) return simulatedLast(simulated)
        const state = stateOf(error.batch)
        return {
          text: `No response received within ${timeout} seconds: ${state}. wait_for_reply waits for it`,
        }
      }
    },
  })

  const wait = defineTool({
    name: 'wait_for_reply',
    description:
      'Wait until the bot has answered what a person wrote last, and give the answer: one for each batch ' +
      'that the messages went into.',
    hints: { readOnlyHint: true },
    schema: z.strictObject({
      phone: PHONE,
      timeout: number({
        ...{ min: 0, max: MAX_WAIT_S, default: 55, step: 'any' },
        says: 'how long to wait, in seconds; clients give up after 60 themselves, if they are not told otherwise',
      }),
      company_id: company('the tenant; left out: the one that was written to last', null),
    }),
    run: async ({ phone, timeout, company_id: companyId }, call) => {
      const person = await find({ phone, companyId, lastCompany: true })
      return wholeReply(await inTime(replyTo(person, timeout * 1000, call, ports)), person)
    },
  })

  const conversation = defineTool({
    name: 'get_conversation',
    description:
      'What was said in a conversation, as the service has it: what the person wrote (user), what the bot ' +
      'said, and what somebody wrote past the bot (human).',
    hints: { readOnlyHint: true },
    schema: z.strictObject({
      phone: PHONE,
      last_messages: number({ min: 1, max: 1000, default: 10, says: 'as many of the last ones' }),
    }),
    run: async ({ phone, last_messages: last }) => {
      const person = await find({ phone, lastCompany: true })
      const lines = [
        ...shownLines(person).map(({ who, text, at }) => ({ name: NAMES[who], text, at })),
        ...person.session.simulated.map((one) => ({ name: 'bot (simulated)', ...one })),
      ]
        .toSorted((a, b) => a.at - b.at)
        .slice(-last)
        .map(({ name, text, at }) => `[${iso(at)}] ${name}: ${text}`)
      if (lines.length === 0) throw new RapidFireError('refused', NO_SESSION(phone))
      return {
        text: `Conversation history (last ${lines.length} messages):\n\n${lines.join('\n')}`,
      }
    },
  })

  return [send, lastResponse, conversation, wait]
}

/** What changes nothing but the memory of this process, and the open batch. */
export function memoryTools({ ports, sessions }: TalkDeps): Tool[] {
  const clear = defineTool({
    name: 'clear_test_data',
    description:
      'Drop what a person wrote and nobody has answered yet, and forget the session: from now on only what ' +
      'is said later is shown. What was answered stays in the service for as long as it keeps it.',
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    acts: true,
    schema: z.strictObject({ phone: PHONE }),
    run: async ({ phone }) => {
      const person = await findPerson({ phone, lastCompany: true }, ports, sessions)
      refuseRealPeople(person, ports.realPeople)
      const dropped = await person.operator.discard(person.who)
      sessions.clear(person.now, person.now.now)
      const more = [
        ...(dropped === 0 ? [] : [`${plural(dropped, 'message')} that waited dropped`]),
        ...(person.now.turn === null ? [] : ['one turn is being answered and goes on']),
      ]
      return {
        text: [`Test data cleared for ${phone}`, ...more].join('\n'),
      }
    },
  })
  const simulate = defineTool({
    name: 'simulate_response',
    description:
      'Pretend, for get_last_response and get_conversation of this session alone, that the bot said ' +
      'something. Nobody gets it and the service does not learn of it.',
    hints: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    acts: true,
    schema: z.strictObject({
      phone: PHONE,
      response: words('what the bot would have said', 'a text that is not empty'),
    }),
    run: async ({ phone, response }) => {
      const { session } = await findPerson({ phone, lastCompany: true }, ports, sessions)
      session.pretended = { text: response, at: ports.now() }
      session.simulated.push(session.pretended)
      return { text: `Response simulated for ${phone}: "${response}"` }
    },
  })
  return [clear, simulate]
}

/** Writes one message as the person; a question that was answered is over with it. */
export async function say(
  person: Person,
  message: string,
  { ports, sessions }: TalkDeps,
): Promise<{ jobId: BatchId | null; messageId: string }> {
  refuseRealPeople(person, ports.realPeople)
  const { session, now } = person
  const { companyId } = now
  const messageId = `MCP_${ports.now()}_${randomBytes(4).toString('hex')}`
  const ids = await ports.post({ from: person.phone, message, messageId, companyId })
  session.asked = [...new Set([...(session.told ? [] : session.asked), ...ids])].slice(-MAX_ASKED)
  session.told = false
  session.pretended = null
  sessions.wrote(now)
  return { jobId: ids.at(-1) ?? null, messageId }
}

/** What is not there in time is a failure of who waits for nothing else. */
export async function inTime<T>(waiting: Promise<T>): Promise<T> {
  try {
    return await waiting
  } catch (error) {
    if (!(error instanceof NotYet)) throw error
    throw new RapidFireError(
      'no_answer',
      `no answer yet to batch ${error.batch.batchId}: ${stateOf(error.batch)}. Nothing is lost: call ` +
        'wait_for_reply again, or flush to have it answered now',
    )
  }
}

function lastOf(reply: Reply, { phone }: Person, simulated: Simulated | null): Told {
  if (reply.kind === 'nothing') {
    if (simulated) return simulatedLast(simulated)
    throw new RapidFireError('refused', NO_SESSION(phone))
  }
  if (reply.kind === 'human') return byHuman(reply)
  const last = lastWords(reply)
  if (last && last.text !== '' && (!simulated || last.at >= simulated.at)) {
    return { text: `Last response:\n${last.text}\n\nReceived at: ${iso(last.at)}` }
  }
  if (simulated) return simulatedLast(simulated)
  return { text: 'No response: the last message was settled without one' }
}

function byHuman({ parts, at }: { parts: readonly string[]; at: number }): Told {
  const text = parts.join('\n\n')
  return {
    text: `A human answered past the bot:\n${text}\n\nReceived at: ${iso(at)}`,
    data: { replies: [], human: { parts, at: iso(at) } },
  }
}

function lastWords(reply: Reply): { text: string; at: number } | null {
  if (reply.kind === 'past') return { text: reply.parts.join('\n\n'), at: reply.at }
  const last = reply.kind === 'answered' ? reply.answered.at(-1) : undefined
  return last ? { text: textOf(last), at: last.settledAt } : null
}

const simulatedLast = ({ text, at }: Simulated): Told => ({
  text: `Last response:\n${text}\n\nReceived at: ${iso(at)}\n(simulated: nobody got it)`,
})

function wholeReply(reply: Reply, { phone, now }: Person): Told {
  if (reply.kind === 'nothing') throw new RapidFireError('refused', NO_SESSION(phone))
  if (reply.kind === 'human') return byHuman(reply)
  if (reply.kind === 'silence') {
    return {
      text: 'No answer is coming: the last message was settled without one',
      data: { replies: [] },
    }
  }
  if (reply.kind === 'past') {
    const { parts, at } = reply
    const replies = [{ batchId: null, size: null, parts, answeredAt: iso(at) }]
    return {
      text: `${parts.join('\n\n')}\n\nReceived at: ${iso(at)}`,
      data: { phone: now.phone, replies },
    }
  }
  const { answered } = reply
  const replies = answered.map(({ batchId, size, reply: parts, settledAt }) => {
    return { batchId, size, parts, answeredAt: iso(settledAt) }
  })
  const sections = answered.map((one) => {
    const after = duration(Math.max(0, one.settledAt - one.lastAt))
    return (
      `${textOf(one) || '(settled without an answer)'}\n\n` +
      `batch ${one.batchId} of ${plural(one.size, 'message')} · answered ${after} after the last · ${iso(one.settledAt)}`
    )
  })
  return { text: sections.join('\n\n'), data: { phone: now.phone, replies } }
}

/** The parts of an answer as one text; '' where it had none. */
export function textOf({ reply }: Pick<Answered, 'reply'>): string {
  return reply === null ? '(answered; the text is no longer kept)' : reply.join('\n\n')
}

const NAMES = { person: 'user', bot: 'bot', human: 'human' } as const
const iso = (at: number): string => new Date(at).toISOString()
