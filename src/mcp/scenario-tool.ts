/**
 * Dialogues that are played step by step: each message is answered by the bot before the next one is
 * written. The window is not waited for, since a step is one message: its batch is flushed.
 */

import { z } from 'zod'
import { messageOf, RapidFireError } from '../errors.ts'
import { findPerson } from './person.ts'
import { replyTo } from './reply.ts'
import { inTime, say, type TalkDeps, textOf } from './talk-tools.ts'
import { type Call, company, defineTool, PHONE, type Tool } from './tool.ts'

export const SCENARIOS = {
  booking_flow: ['Привет', 'Хочу записаться', 'Стрижка', 'Завтра в 15:00', 'Да, подтверждаю'],
  price_check: ['Привет', 'Сколько стоит стрижка?', 'А борода?'],
  cancel_booking: ['Привет', 'Хочу отменить запись', 'Да, отменить'],
  reschedule: ['Привет', 'Хочу перенести запись', 'На послезавтра в то же время', 'Да'],
} as const

type ScenarioName = keyof typeof SCENARIOS
const NAMES = Object.keys(SCENARIOS) as [ScenarioName, ...ScenarioName[]]

/** For one answer; the responder may take long. */
const STEP_MS = 120_000

interface Step {
  readonly sent: string
  readonly received: string
}

export function scenarioTool(deps: TalkDeps): Tool {
  const { ports } = deps
  return defineTool({
    name: 'run_scenario',
    description:
      'Play a dialogue with the bot and tell what it answered: each step is written, flushed, and answered ' +
      'before the next one. booking_flow has 5 steps, reschedule 4, price_check and cancel_booking 3.',
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    schema: z.strictObject({
      scenario: z.enum(NAMES, { error: `one of ${NAMES.join(', ')}` }).describe('which dialogue'),
      phone: PHONE,
      params: z
        .strictObject(
          {
            company_id: company(
              'the tenant that the person writes to; left out: the default one',
              ports.defaultCompany,
            ),
          },
          { error: 'an object with company_id, or nothing' },
        )
        .optional(),
    }),
    run: async ({ scenario, phone, params }, call) => {
      const steps: Step[] = []
      for (const [index, sent] of SCENARIOS[scenario].entries()) {
        call.tell(`step ${index + 1} of ${SCENARIOS[scenario].length}: ${sent}`)
        try {
          const received = await play(sent, phone, params?.company_id, call, deps)
          steps.push({ sent, received })
        } catch (error) {
          if (!(error instanceof RapidFireError)) throw error
          throw brokenOff(scenario, steps, sent, error)
        }
      }
      const text = `Scenario "${scenario}" completed:\n\n${told(steps)}`
      return { text, data: { scenario, steps } }
    },
  })
}

async function play(
  text: string,
  phone: string,
  companyId: string | undefined,
  call: Call,
  deps: TalkDeps,
): Promise<string> {
  const { ports, sessions } = deps
  const whom = { phone, companyId, lastCompany: false }
  await say(await findPerson(whom, ports, sessions), text, deps)
  const person = await findPerson(whom, ports, sessions)
  await person.operator.flush(person.who)
  const reply = await inTime(replyTo(person, STEP_MS, call, ports))
  const said = reply.kind === 'answered' ? reply.answered.map(textOf).join('\n\n') : ''
  return said === '' ? '(no answer)' : said
}

const told = (steps: readonly Step[]): string =>
  steps
    .map(({ sent, received }, i) => `Step ${i + 1}:\n→ Sent: ${sent}\n← Received: ${received}`)
    .join('\n\n')

function brokenOff(
  scenario: string,
  steps: readonly Step[],
  sent: string,
  error: RapidFireError,
): RapidFireError {
  const done = steps.length === 0 ? '' : `${told(steps)}\n\n`
  return new RapidFireError(
    error.code,
    `Scenario "${scenario}" broke off at step ${steps.length + 1}:\n\n${done}Step ${steps.length + 1}:\n` +
      `→ Sent: ${sent}\n✗ ${messageOf(error)}`,
  )
}
