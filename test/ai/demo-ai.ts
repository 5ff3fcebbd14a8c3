/**
 * `npm run demo:ai`: a person talks to a model through the product as an operator runs it, in each
 * mode: five parts, a second burst while the answer is made, a provider that asks to wait, a voice
 * note. The model is a local server that speaks OpenAI's wire format, asked by the real AI SDK.
 * Prints the talk with its times. Exit 0: each was answered as it should be.
 */
import { parseArgs } from 'node:util'
import { helpIf } from '../support/script-start.ts'
import { MODES, type Mode, Talk } from './talk.ts'

const HELP = `npm run demo:ai -- [options]
  --mode M     collect or interrupt (default: both)
`
const { values } = parseArgs({
  options: { mode: { type: 'string' }, help: { type: 'boolean', default: false } },
})
helpIf(values.help, HELP)
const modes = MODES.filter((mode) => values.mode === undefined || values.mode === mode)
if (modes.length === 0) {
  console.error(`--mode ${values.mode}: ${MODES.join(' or ')}`)
  process.exit(1)
}
const wrong: string[] = []
for (const mode of modes) wrong.push(...(await demonstrate(mode)))
for (const line of wrong) console.error(`✗ ${line}`)
console.log(wrong.length === 0 ? 'each answered once, as it should be' : `${wrong.length} wrong`)
process.exitCode = wrong.length === 0 ? 0 : 1

/** Answers what was not as it should be. */
async function demonstrate(mode: Mode): Promise<string[]> {
  await using talk = await Talk.start(mode)
  await fiveParts(talk)
  await secondBurst(talk, mode)
  await providerBusy(talk)
  await voiceNote(talk)
  return talk.wrong
}

async function fiveParts(talk: Talk): Promise<void> {
  talk.scene('five parts of one thought')
  for (const part of ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра?']) {
    await talk.say(part)
    await talk.pause(150)
  }
  await talk.expect(['Вы пишете: Привет можно записаться на стрижку завтра?'])
}

async function secondBurst(talk: Talk, mode: Mode): Promise<void> {
  talk.scene('a second burst while the answer is made')
  const thinking = talk.think()
  await talk.say('Сколько стоит стрижка?')
  await talk.asked()
  await talk.say('и борода')
  if (mode === 'collect') {
    thinking.end()
    await talk.expect(['Вы пишете: Сколько стоит стрижка?', 'Вы пишете: и борода'])
    return
  }
  await talk.hungUp()
  thinking.end()
  await talk.expect(['Вы пишете: Сколько стоит стрижка? и борода'])
}

async function providerBusy(talk: Talk): Promise<void> {
  talk.scene('the provider is busy (429, Retry-After: 1)')
  talk.busyOnce()
  await talk.say('Вы тут?')
  await talk.expect(['Вы пишете: Вы тут?'])
}

async function voiceNote(talk: Talk): Promise<void> {
  talk.scene('a voice note')
  await talk.sayByVoice('Запишите меня на пять')
  await talk.expect(['Вы пишете: Запишите меня на пять'])
}
